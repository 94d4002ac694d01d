"""The guard: sees every picture before anybody else, and whatever keeps it from looking withholds the picture."""

from __future__ import annotations

import dataclasses
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.conftest import small_request
from tests.host.test_worker import Parent
from tests.house.test_docs import ROOT, blocks
from tests.plugins.classifiers import save_checker, save_classifier

from limner_host.guarding import Guard, card, in_time
from limner_host.house import open_studio
from limner_host.pictures import read_recipe
from limner_host.studio import Studio
from limner_plugins.pocket.scenes import Scene, draw
from limner_sdk import (
    Cancelled,
    ConfigurationError,
    ContractError,
    NoParams,
    OutOfMemory,
    Params,
    PictureWithheld,
    PostprocessDef,
    Request,
    UnknownName,
    param,
)
from limner_sdk.folders import DataFolder
from limner_sdk.messages import Failed, Finished, Progress
from limner_sdk.testing import check_postprocessor

Look = Callable[[Image.Image, Any, Any], Any]


@pytest.fixture
def guarded_by(studio_with: Callable[..., Studio], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Studio]:
    """A studio whose guard is a function."""

    def build(look: Look, *others: Any, seconds: float = 60, **options: Any) -> Studio:
        studio = studio_with(PostprocessDef("look", "Looks.", NoParams, look, guard=True), *others)
        monkeypatch.setenv("LIMNER_SAFETY", "mine:look")
        guard = Guard.from_environment(studio.registry)
        assert guard
        return dataclasses.replace(studio, guard=dataclasses.replace(guard, seconds=seconds), **options)

    return build


def is_card(file: Path) -> bool:
    """A grey card with white letters: nothing in it has a colour."""
    with Image.open(file) as image:
        red, green, blue = image.convert("RGB").split()
        return red.tobytes() == green.tobytes() == blue.tobytes() and image.getpixel((1, 1)) == (112, 112, 112)


def allow(image: Image.Image, ctx: Any, params: Any) -> Image.Image:
    return image


def forbid(image: Image.Image, ctx: Any, params: Any) -> Image.Image:
    raise PictureWithheld("it shows a secret")


def test_what_the_guard_lets_pass_is_what_would_have_been_made_without_it(
    guarded_by: Callable[..., Studio], studio: Studio, tmp_path: Path
) -> None:
    plain = studio.make(small_request(count=2), tmp_path / "plain")
    made = guarded_by(allow).make(small_request(count=2), tmp_path / "guarded")
    assert [picture.digest for picture in made.pictures] == [picture.digest for picture in plain.pictures]
    assert (tmp_path / "guarded" / made.grid).read_bytes() == (tmp_path / "plain" / plain.grid).read_bytes()
    assert made.notices == plain.notices


def test_a_withheld_picture_is_a_card_of_its_size_whose_recipe_still_works(
    guarded_by: Callable[..., Studio], studio: Studio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        made = guarded_by(forbid).make(small_request(width=96), tmp_path, job="job-7")
    assert made.notices == ("the picture is withheld by the safety filter",)
    assert is_card(tmp_path / "1.png")
    with Image.open(tmp_path / "1.png") as image:
        assert image.size == (96, 64)
    [line] = [record for record in caplog.records if record.name.endswith("guarding")]
    assert line.levelno == logging.WARNING
    said = "job job-7: the picture is withheld (it shows a secret); SHA-256 of its pixels: "
    assert line.getMessage().startswith(said)
    again = studio.make(read_recipe(tmp_path / "1.png").as_request(), tmp_path / "again")
    assert not is_card(tmp_path / "again" / again.grid)


def test_each_picture_stands_for_itself_and_the_grid_is_made_of_what_is_shown(
    guarded_by: Callable[..., Studio], tmp_path: Path
) -> None:
    def every_other(image: Image.Image, ctx: Any, params: Any) -> Image.Image:
        return forbid(image, ctx, params) if image.width == 64 and ctx.seed == 8 else image

    made = guarded_by(every_other).make(small_request(count=3), tmp_path)
    assert [is_card(tmp_path / picture.file) for picture in made.pictures] == [False, True, False]
    assert made.notices == ("picture 2 is withheld by the safety filter",)
    with Image.open(tmp_path / made.grid) as grid, Image.open(tmp_path / "2.png") as second:
        assert grid.crop((64, 0, 128, 64)).tobytes() == second.tobytes()


def test_the_grid_is_looked_at_too(guarded_by: Callable[..., Studio], tmp_path: Path) -> None:
    def no_sheets(image: Image.Image, ctx: Any, params: Any) -> Image.Image:
        return forbid(image, ctx, params) if image.width > 64 else image

    made = guarded_by(no_sheets).make(small_request(count=2), tmp_path)
    assert made.notices == ("the grid is withheld by the safety filter",)
    assert is_card(tmp_path / made.grid)
    assert not is_card(tmp_path / "1.png")


def test_the_guard_comes_after_the_post_processors(guarded_by: Callable[..., Studio], tmp_path: Path) -> None:
    def darker(image: Image.Image, ctx: Any, params: Any) -> Image.Image:
        return Image.new("RGB", image.size, "maroon")

    def no_maroon(image: Image.Image, ctx: Any, params: Any) -> Image.Image:
        return forbid(image, ctx, params) if image.getpixel((0, 0)) == (128, 0, 0) else image

    studio = guarded_by(no_maroon, PostprocessDef("darker", "Darker.", NoParams, darker))
    studio.make(small_request(postprocess=["darker"]), tmp_path)
    assert is_card(tmp_path / "1.png")


def crash(image: Image.Image, ctx: Any, params: Any) -> Any:
    raise ZeroDivisionError("the guard has tripped")


def leave(image: Image.Image, ctx: Any, params: Any) -> Any:
    sys.exit(0)


def starve(image: Image.Image, ctx: Any, params: Any) -> Any:
    raise MemoryError


def report_no_memory(image: Image.Image, ctx: Any, params: Any) -> Any:
    raise OutOfMemory("none is left")


def say_nothing(image: Image.Image, ctx: Any, params: Any) -> Any:
    return None


def blur(image: Image.Image, ctx: Any, params: Any) -> Any:
    return image.resize((2, 2)).resize(image.size)


def paint(image: Image.Image, ctx: Any, params: Any) -> Any:
    image.paste("black", (0, 0, 8, 8))
    return image


def hang(image: Image.Image, ctx: Any, params: Any) -> Any:
    time.sleep(30)
    return image


ACCIDENTS: list[tuple[Look, str]] = [
    (crash, "the guard has tripped"),
    (leave, "the guard failed"),
    (starve, "not enough memory"),
    (report_no_memory, "none is left"),
    (say_nothing, "gave another picture"),
    (blur, "gave another picture"),
    (paint, "gave another picture"),
    (hang, "the guard took longer than 1 seconds"),
]


@pytest.mark.parametrize(("look", "reason"), ACCIDENTS, ids=lambda value: getattr(value, "__name__", ""))
def test_every_accident_withholds(
    guarded_by: Callable[..., Studio], tmp_path: Path, look: Look, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    begun = time.monotonic()
    made = guarded_by(look, seconds=1).make(small_request(), tmp_path)
    assert is_card(tmp_path / "1.png")
    assert made.notices == ("the picture is withheld by the safety filter",)
    assert reason in caplog.text
    assert (look is hang) or caplog.records[-1].levelno == logging.ERROR
    assert time.monotonic() - begun < 20


def test_cancelling_while_the_guard_looks_is_cancelling(guarded_by: Callable[..., Studio], tmp_path: Path) -> None:
    class Impatient:
        checking = False

        def progress(self, stage: str, done: float, latent: Any) -> None:
            self.checking = stage == "check"

        def cancelled(self) -> bool:
            return self.checking

    with pytest.raises(Cancelled):
        guarded_by(hang).make(small_request(), tmp_path, watcher=Impatient())
    assert list(tmp_path.glob("*.png")) == []


def test_work_in_time_gives_what_it_gives_and_raises_what_it_raises() -> None:
    assert in_time(lambda: 5, 10, lambda: None) == 5
    with pytest.raises(KeyError, match="gone"):
        in_time(lambda: {}["gone"], 10, lambda: None)


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (64, 64), (2048, 512)])
def test_a_card_has_any_size_and_is_the_same_for_every_picture(size: tuple[int, int]) -> None:
    white, noise = Image.new("RGB", size, "white"), Image.effect_noise(size, 90).convert("RGB")
    assert card(white).size == size
    assert card(white).tobytes() == card(noise).tobytes()
    if min(size) >= 64:
        light = card(white).convert("L").point(lambda level: 255 * (level > 200)).getbbox()
        assert light
        left, top, right, bottom = light
        assert abs(left + right - size[0]) < size[0] / 8
        assert abs(top + bottom - size[1]) < size[1] / 4


class Strictness(Params):
    strictness: float = param(0.5, "How strict.", ge=0, le=1)


@pytest.fixture
def strict(studio_with: Callable[..., Studio]) -> Studio:
    """A studio with a guard that nobody has set, and a post-processor of ordinary kind."""
    ordinary = PostprocessDef("ordinary", "Does nothing.", NoParams, allow)
    return studio_with(PostprocessDef("strict", "Looks.", Strictness, allow, guard=True), ordinary)


def test_the_setting_names_a_guard_and_its_parameters(strict: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_SAFETY", " ")
    assert Guard.from_environment(strict.registry) is None
    monkeypatch.setenv("LIMNER_SAFETY", "strict strictness=0.25")
    guard = Guard.from_environment(strict.registry)
    assert guard
    assert (guard.stage.id, guard.stage.params) == ("mine:strict", {"strictness": 0.25})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nobody", "guard: 'nobody' is unknown"),
        ("ordinary", "guard: 'ordinary' is unknown"),
        ("strict strictness=2", "postprocessor.strictness: '2' is too large; the most is 1"),
        ("strict strictness", "postprocessor.strictness: '' is no number"),
        ("strict 'x", "cannot be read"),
    ],
)
def test_a_setting_that_is_wrong_stops_the_host(
    strict: Studio, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    monkeypatch.setenv("LIMNER_SAFETY", text)
    with pytest.raises(ConfigurationError, match=r"^LIMNER_SAFETY: ") as told:
        Guard.from_environment(strict.registry)
    assert problem in str(told.value)


def test_a_worker_with_a_wrong_guard_leaves_with_one_sentence(tmp_path: Path) -> None:
    environment = os.environ | {"LIMNER_DATA_DIR": str(tmp_path), "LIMNER_SAFETY": "nobody", "LIMNER_DEVICE": "cpu"}
    command = [sys.executable, "-m", "limner_host.worker"]
    done = subprocess.run(command, input="", capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert "LIMNER_SAFETY: guard: 'nobody' is unknown" in done.stderr.splitlines()[-1]


def test_nobody_can_choose_a_guard(strict: Studio, tmp_path: Path) -> None:
    names = {entry.name for entry in strict.catalogue().stages}
    assert "ordinary" in names
    assert not {"strict", "safety_filter"} & names
    with pytest.raises(UnknownName):
        strict.make(small_request(postprocess=["strict"]), tmp_path)


def test_a_guard_that_changes_pictures_breaks_its_contract() -> None:
    for look, broken in ((allow, False), (forbid, False), (blur, True), (paint, True)):
        definition = PostprocessDef("look", "Looks.", NoParams, look, guard=True)
        with pytest.raises(ContractError, match="the guard look at 64x64") if broken else nullcontext():
            check_postprocessor(definition)


def test_the_documented_guard_withholds_faces(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(blocks(ROOT / "docs" / "safety.md", "python")[0], names)
    [definition] = names["limner_postprocessors"]()
    studio = studio_with(definition)
    stage = studio.registry.guard("no_faces").default_stage
    studio = dataclasses.replace(studio, guard=Guard(studio.registry.guard("no_faces"), stage))
    for kind, withheld in (("happy", True), ("star", False)):
        draw(Scene(kind, "red", "blue")).save(tmp_path / f"{kind}.png")
        finished = {"prompt": "", "finished": str(tmp_path / f"{kind}.png"), "postprocess": ["upscale"]}
        studio.make(Request.parse(finished), tmp_path / kind)
        assert is_card(tmp_path / kind / "1.png") is withheld


def test_the_worker_shows_no_preview_of_what_is_withheld(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_SAFETY", "safety_filter")
    worker = Parent(tmp_path / "data")
    worker.submit("job", tmp_path / "pictures")
    heard = worker.until(lambda message: isinstance(message, Finished | Failed))
    worker.close()
    assert isinstance(heard[-1], Finished)
    assert heard[-1].result.notices == ("the picture is withheld by the safety filter",)
    assert is_card(tmp_path / "pictures" / "1.png")
    told = [message for message in heard if isinstance(message, Progress)]
    assert len(told) > 2
    assert not any(message.preview for message in told)


@pytest.fixture
def filtered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Studio]:
    """A real studio with the bundled safety filter."""

    def build(setting: str = "safety_filter") -> Studio:
        monkeypatch.setenv("LIMNER_SAFETY", setting)
        return open_studio(DataFolder(tmp_path / "data").create(), "cpu")

    return build


def shown(studio: Studio, folder: Path) -> bool:
    studio.make(small_request(), folder)
    return not is_card(folder / "1.png")


def test_the_bundled_filter_looks_in_the_data_folder(filtered: Callable[..., Studio], tmp_path: Path) -> None:
    studio, safety = filtered(), tmp_path / "data" / "safety"
    assert not shown(studio, tmp_path / "1"), "there is no folder"
    save_classifier(safety, unsafe=0.1)
    assert shown(studio, tmp_path / "2")
    save_classifier(safety, unsafe=0.9)
    assert not shown(studio, tmp_path / "3")
    assert shown(filtered("safety_filter threshold=0.95"), tmp_path / "4")
    (safety / "preprocessor_config.json").unlink()
    save_checker(safety, unsafe=False)
    assert shown(studio, tmp_path / "5")
    save_checker(safety, unsafe=True)
    assert not shown(studio, tmp_path / "6")
