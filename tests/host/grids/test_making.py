"""Grids made by the real Pocket: all of them, with failures, and after an interruption."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.conftest import small_request

from limner_host.grids.beginning import Wish, begun, wished
from limner_host.grids.making import Step, make, missing
from limner_host.grids.record import GridRecord, read_record
from limner_host.pictures import read_recipe
from limner_host.studio import Studio
from limner_sdk import Cancelled, InvalidRequest, NoParams, Params, PostprocessDef, Request, param

StudioWith = Callable[..., Studio]
CUBE = Wish("steps=1, 2", "cfg=1, 4", "seed=7, 8")


class Stop:
    """Hears of every cell, and presses Ctrl+C after so many."""

    def __init__(self, after: int | None = None) -> None:
        self.steps: list[Step] = []
        self.after = after

    def __call__(self, step: Step) -> None:
        self.steps.append(step)
        if len(self.steps) == self.after:
            raise KeyboardInterrupt


def pixels(file: Path) -> bytes:
    with Image.open(file) as image:
        return image.convert("RGB").tobytes()


def test_a_cube_of_eight_cells_is_made(studio: Studio, tmp_path: Path) -> None:
    heard = Stop()
    record = make(wished(small_request(), CUBE, studio.registry), studio, tmp_path, heard=heard)
    assert len({pixels(tmp_path / cell.file) for cell in record.cells}) == 8
    assert read_record(tmp_path) == record
    recipe = read_recipe(tmp_path / "cells" / "x2-y1-z2.png")
    assert (recipe.steps, recipe.cfg, recipe.seed.seed) == (2, 1, 8)
    assert [(step.done, step.total) for step in heard.steps] == [(n, 8) for n in range(1, 9)]
    assert heard.steps[0].seconds_left > 0 == heard.steps[-1].seconds_left


def test_a_cell_is_the_picture_that_its_request_makes_alone(studio: Studio, tmp_path: Path) -> None:
    record = make(wished(small_request(), Wish("steps=1, 2"), studio.registry), studio, tmp_path / "grid")
    studio.make(record.cell((2, 1, 1)).request, tmp_path / "alone")
    assert pixels(tmp_path / "grid" / "cells" / "x2-y1-z1.png") == pixels(tmp_path / "alone" / "1.png")


class Luck(Params):
    """Whether it works."""

    works: bool = param(True, "Whether it works.")


def _lucky(image: Image.Image, ctx: Any, params: Luck) -> Image.Image:
    if not params.works:
        raise ValueError("no luck")
    return image.copy()


def test_a_cell_that_fails_keeps_its_sentence_and_the_rest_goes_on(studio_with: StudioWith, tmp_path: Path) -> None:
    studio = studio_with(PostprocessDef("luck", "Needs luck.", Luck, _lucky))
    wish = Wish("cfg=1, 4", "postprocess.luck.works=off, on")
    heard = Stop()
    record = make(wished(small_request(steps=1), wish, studio.registry), studio, tmp_path, heard=heard)
    assert [bool(cell.file) for cell in record.cells] == [False, False, True, True]
    assert record.cells[1].error == "plugin mine:luck: post-process failed: no luck"
    assert [step.cell.place for step in heard.steps] == [(1, 1, 1), (2, 1, 1), (1, 2, 1), (2, 2, 1)]


def test_a_failed_cell_is_made_when_the_grid_is_made_again(studio_with: StudioWith, tmp_path: Path) -> None:
    lucky: list[bool] = [False]

    def run(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        if not lucky[0]:
            raise ValueError("no luck")
        return image.copy()

    studio = studio_with(PostprocessDef("luck", "Needs luck.", NoParams, run))
    record = wished(small_request(steps=1), Wish("postprocess=none, luck"), studio.registry)
    failed = make(record, studio, tmp_path)
    lucky[0] = True
    heard = Stop()
    mended = make(failed, studio, tmp_path, heard=heard)
    assert [step.cell.place for step in heard.steps] == [(2, 1, 1)]
    assert [cell.error for cell in mended.cells] == ["", ""]


def test_an_interrupted_grid_goes_on_where_it_stopped(studio: Studio, tmp_path: Path) -> None:
    request = small_request(seed=None, steps=1)
    wish = Wish("cfg=1, 2, 3, 4")
    first = begun(request, wish, studio.registry, tmp_path)
    assert first is not None
    with pytest.raises(KeyboardInterrupt):
        make(first, studio, tmp_path, heard=Stop(after=2))
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cells").iterdir()}
    again = begun(request, wish, studio.registry, tmp_path)
    assert again is not None
    assert again.base.seed == first.base.seed
    assert [cell.x for cell in missing(again, tmp_path)] == [3, 4]
    make(again, studio, tmp_path)
    after = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "cells").iterdir()}
    assert len(after) == 4
    assert before.items() <= after.items()


def test_cancelling_ends_the_grid_and_keeps_what_is_done(studio: Studio, tmp_path: Path) -> None:
    class Impatient:
        def progress(self, stage: str, done: float, latent: Any) -> None:
            """Not looked at."""

        def cancelled(self) -> bool:
            return len(list(tmp_path.glob("cells/*.png"))) == 1

    record = wished(small_request(steps=1), Wish("cfg=1, 2, 3"), studio.registry)
    with pytest.raises(Cancelled):
        make(record, studio, tmp_path, watcher=Impatient())
    assert [bool(cell.file) for cell in read_record(tmp_path).cells] == [True, False, False]


def test_a_picture_that_was_changed_or_lost_is_made_again(studio: Studio, tmp_path: Path) -> None:
    record = make(wished(small_request(steps=1), Wish("cfg=1, 2, 3"), studio.registry), studio, tmp_path)
    (tmp_path / record.cells[0].file).write_bytes(b"cut off")
    (tmp_path / record.cells[2].file).unlink()
    assert [cell.x for cell in missing(record, tmp_path)] == [1, 3]


def test_one_cell_is_made_once_more_on_demand(studio: Studio, tmp_path: Path) -> None:
    record = make(wished(small_request(steps=1), Wish("cfg=1, 2"), studio.registry), studio, tmp_path)
    heard = Stop()
    again = make(record, studio, tmp_path, again={(2, 1, 1)}, heard=heard)
    assert [step.cell.place for step in heard.steps] == [(2, 1, 1)]
    assert again.cells[1].digest == record.cells[1].digest


def test_a_cell_of_several_pictures_is_their_grid(studio: Studio, tmp_path: Path) -> None:
    record = make(wished(small_request(steps=1, count=2), Wish("cfg=1, 2"), studio.registry), studio, tmp_path)
    assert record.cells[0].file == "cells/x1-y1-z1-grid.png"
    assert (record.cells[0].width, record.cells[0].height) == (128, 64)


def test_another_grid_s_folder_is_recognised(studio: Studio, tmp_path: Path) -> None:
    make(wished(small_request(steps=1), Wish("cfg=1"), studio.registry), studio, tmp_path)
    assert begun(small_request(steps=1), Wish("cfg=2"), studio.registry, tmp_path) is None
    assert begun(small_request(steps=1, seed=8), Wish("cfg=1"), studio.registry, tmp_path) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 2}, "cannot be used"),
        ({"cells": "none"}, "cannot be used"),
        ({"cells": [{"file": "../../secret.png"}]}, "cannot be used"),
    ],
)
def test_a_record_that_is_not_ours_is_refused(
    studio: Studio, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    record = wished(small_request(), Wish("cfg=1"), studio.registry).model_dump(mode="json")
    if isinstance(change.get("cells"), list):
        change = {"cells": [record["cells"][0] | change["cells"][0]]}
    (tmp_path / "record.json").write_text(json.dumps(record | change))
    with pytest.raises(InvalidRequest, match=sentence):
        read_record(tmp_path)


def test_a_folder_without_a_record_holds_no_grid(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"holds no grid; it needs a record\.json"):
        read_record(tmp_path)


def test_a_request_reads_back_from_the_record_exactly(studio: Studio, tmp_path: Path) -> None:
    request = Request.parse(
        {
            "prompt": "a star",
            "sampler": {"name": "euler_a", "params": {"eta": 1}},
            "hires": {"scale": 1.5},
            "variations": [{"seed": 1, "strength": 0.1}],
        }
    )
    record = wished(request, Wish("cfg=0..1*3"), studio.registry)
    (tmp_path / "record.json").write_text(record.model_dump_json(exclude_defaults=True))
    assert read_record(tmp_path) == record
    assert isinstance(read_record(tmp_path), GridRecord)


def test_what_is_no_error_of_ours_is_not_hidden(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a bug")

    record = wished(small_request(), Wish("cfg=1"), studio.registry)
    monkeypatch.setattr(type(studio), "make", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        make(record, studio, tmp_path)
