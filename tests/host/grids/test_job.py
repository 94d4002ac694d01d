"""A grid as one job: its sheet and its cells in one result, its progress, and going on after a worker has died."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.conftest import small_request

from limner_host.grids.job import make_grid
from limner_host.pictures import read_recipe
from limner_host.studio import Studio
from limner_sdk import Cancelled, InvalidRequest, NoParams, Params, PostprocessDef, StageFailed, param
from limner_sdk.messages import GridWish, Result


class Ear:
    """Hears everything, and cancels after so many cells."""

    def __init__(self, cells: int = 99) -> None:
        self.heard: list[tuple[str, float, bytes | None]] = []
        self.cells = cells

    def tell(self, stage: str, done: float, preview: bytes | None) -> None:
        self.heard.append((stage, done, preview))

    def cancelled(self) -> bool:
        return sum(preview is not None for *_, preview in self.heard) >= self.cells


def grid(studio: Studio, folder: Path, wish: GridWish, ear: Ear | None = None, **changes: Any) -> Result:
    return make_grid(studio, small_request(**changes), wish, folder, "job", ear or Ear())


def colour(preview: bytes | None, x: float, y: float) -> tuple[int, ...]:
    with Image.open(io.BytesIO(preview or b"")) as image:
        pixel = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return pixel


def is_empty(pixel: tuple[int, ...]) -> bool:
    return all(abs(level - 0xDC) < 8 for level in pixel)


def test_the_result_is_the_sheet_and_every_cell_in_the_order_of_reading(studio: Studio, tmp_path: Path) -> None:
    result = grid(studio, tmp_path, GridWish(x="steps=1, 2", y="cfg=1, 4", margin=0, legend=False))
    assert [picture.cell for picture in result.pictures] == [
        "Steps 1, CFG Scale 1",
        "Steps 2, CFG Scale 1",
        "Steps 1, CFG Scale 4",
        "Steps 2, CFG Scale 4",
    ]
    assert {file.name for file in tmp_path.iterdir()} == {"grid.png", *(picture.file for picture in result.pictures)}
    assert [(p.recipe.steps, p.recipe.cfg) for p in result.pictures] == [(1, 1), (2, 1), (1, 4), (2, 4)]
    assert read_recipe(tmp_path / result.pictures[3].file) == result.pictures[3].recipe
    with Image.open(tmp_path / result.grid) as sheet:
        assert sheet.size == (128, 128)
    assert (result.evaluations, result.work) == (6, 6 * 64 * 64 / 2**20)
    assert result.seconds["sample"] > 0


def test_progress_goes_by_work_and_shows_the_sheet_so_far(studio: Studio, tmp_path: Path) -> None:
    ear = Ear()
    grid(studio, tmp_path, GridWish(x="steps=1, 2", y="size=64x64, 128x128"), ear)
    done = [share for _, share, _ in ear.heard]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 1)
    looks = [(share, preview) for _, share, preview in ear.heard if preview]
    assert [share for share, _ in looks] == pytest.approx([1 / 15, 3 / 15, 7 / 15, 1])
    assert is_empty(colour(looks[2][1], 0.75, 0.75))
    assert not is_empty(colour(looks[3][1], 0.75, 0.75))
    assert ("sample: cell 2 of 4", pytest.approx(2 / 15)) in [(stage, share) for stage, share, _ in ear.heard]


def test_cells_of_several_pictures_give_all_of_them(studio: Studio, tmp_path: Path) -> None:
    result = grid(studio, tmp_path, GridWish(x="cfg=1, 4"), count=2, steps=1)
    assert [picture.file for picture in result.pictures] == [
        f"x{x}-y1-z1-{number}.png" for x in (1, 2) for number in (1, 2)
    ]
    assert [picture.recipe.seed.seed for picture in result.pictures] == [7, 8, 7, 8]


def test_a_grid_that_was_cut_short_goes_on_there_with_the_same_seeds(studio: Studio, tmp_path: Path) -> None:
    wish = GridWish(x="cfg=1, 2, 3, 4")
    with pytest.raises(Cancelled):
        grid(studio, tmp_path, wish, Ear(cells=2), seed=None, steps=1)
    ear = Ear()
    result = grid(studio, tmp_path, wish, ear, seed=None, steps=1)
    assert len({picture.recipe.seed.seed for picture in result.pictures}) == 1
    assert (len(result.pictures), result.evaluations) == (4, 2)
    assert sum(preview is not None for *_, preview in ear.heard) == 2
    assert not list(studio.library.data.scratch.glob("grid-*"))


def test_work_that_cannot_be_gone_on_with_is_begun_anew(studio: Studio, tmp_path: Path) -> None:
    wish = GridWish(x="cfg=1, 2, 3")
    with pytest.raises(Cancelled):
        grid(studio, tmp_path, wish, Ear(cells=1), steps=1)
    record = next(studio.library.data.scratch.glob("grid-*/record.json"))
    record.write_text("{")
    assert grid(studio, tmp_path, wish, steps=1).evaluations == 3


class Luck(Params):
    """Whether it works."""

    works: bool = param(True, "Whether it works.")


def lucky(image: Image.Image, ctx: Any, params: Luck) -> Image.Image:
    if not params.works:
        raise ValueError("no luck")
    return image.copy()


def test_a_cell_that_fails_is_told_and_the_others_are_there(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    studio = studio_with(PostprocessDef("luck", "Needs luck.", Luck, lucky))
    result = grid(studio, tmp_path, GridWish(x="postprocess.luck.works=off, on"), steps=1)
    assert [picture.file for picture in result.pictures] == ["x2-y1-z1.png"]
    assert result.notices == ("Postprocess luck works off: plugin mine:luck: post-process failed: no luck",)


def test_a_grid_of_which_every_cell_fails_fails_as_its_first_one_did(
    studio_with: Callable[..., Studio], tmp_path: Path
) -> None:
    studio = studio_with(PostprocessDef("bad", "Fails.", NoParams, lambda image, ctx, params: 1 / 0))  # type: ignore[arg-type, return-value]
    with pytest.raises(StageFailed, match="division by zero"):
        grid(studio, tmp_path, GridWish(x="cfg=1, 4"), steps=1, postprocess=("bad",))


def test_a_wish_that_cannot_be_is_refused_before_anything_is_drawn(studio: Studio, tmp_path: Path) -> None:
    ear = Ear()
    for wish in (GridWish(x="image=/etc/passwd"), GridWish(x="sampler=euler, eulr"), GridWish(x="steps=1, 500")):
        with pytest.raises(InvalidRequest):
            grid(studio, tmp_path, wish, ear)
    assert ear.heard == []
