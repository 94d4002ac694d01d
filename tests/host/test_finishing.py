"""Post-processors at the end of a drawing and on pictures that are there already."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from safetensors import SafetensorError
from tests.conftest import SMALL, small_request

from limner_host.inputs import without_oldest
from limner_host.limits import Limits
from limner_host.pictures import read_recipe, read_rgb
from limner_host.scratch import OLDEST, Scratch, forget_old
from limner_host.studio import Studio
from limner_sdk import (
    Cancelled,
    Choice,
    DetectorDef,
    Estimate,
    EstimateContext,
    InvalidRequest,
    NoParams,
    Params,
    Part,
    PostprocessContext,
    PostprocessDef,
    Recipe,
    Redrawing,
    Request,
    Size,
    UnreadableImage,
    param,
)

StudioWith = Callable[..., Studio]


class Times(Params):
    times: int = param(2, "How many times as large.", ge=1, le=100)


def enlarge(image: Image.Image, ctx: PostprocessContext, params: Times) -> Image.Image:
    return image.resize((image.width * params.times, image.height * params.times))


def enlarged(size: Size, ctx: EstimateContext, params: Times) -> Estimate:
    return Estimate(Size(size.width * params.times, size.height * params.times), ctx.calls(0.5), "one tile")


ENLARGE = PostprocessDef("enlarge", "Larger.", Times, enlarge, enlarged)


def noting(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
    ctx.note(f"{ctx.number} at {ctx.native} from {ctx.seed}")
    return image


NOTE = PostprocessDef("note", "Notes.", NoParams, noting)


def finish(studio: Studio, file: Path, folder: Path, *names: Any, **changes: Any) -> Any:
    asked = Request.parse({"finished": str(file), "prompt": "", "postprocess": names, "seed": 7} | changes)
    return studio.make(asked, folder)


@pytest.fixture
def file(studio: Studio, tmp_path: Path) -> Path:
    """A picture with its recipe."""
    studio.make(small_request(), tmp_path / "first")
    return tmp_path / "first" / "1.png"


def test_a_finished_picture_is_post_processed_and_nothing_is_drawn(
    studio_with: StudioWith, file: Path, tmp_path: Path
) -> None:
    result = finish(studio_with(ENLARGE), file, tmp_path, "enlarge")
    assert (result.pictures[0].width, result.evaluations) == (128, 0)
    assert read_rgb(tmp_path / "1.png").tobytes() == read_rgb(file).resize((128, 128)).tobytes()


def test_its_recipe_links_the_picture_and_the_recipe_that_it_carried(
    studio_with: StudioWith, file: Path, tmp_path: Path
) -> None:
    finish(studio_with(ENLARGE), file, tmp_path, "enlarge")
    recipe = read_recipe(tmp_path / "1.png")
    assert recipe.finished is not None
    assert recipe.finished.recipe == read_recipe(file)
    assert [stage.id for stage in recipe.postprocess] == ["mine:enlarge"]
    assert recipe.size == Size(64, 64)


def test_that_recipe_makes_the_same_picture_again(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    studio = studio_with(ENLARGE)
    first = finish(studio, file, tmp_path / "a", "enlarge").pictures[0]
    again = studio.make(first.recipe.as_request(), tmp_path / "b").pictures[0]
    assert again.digest == first.digest


def test_a_recipe_asks_for_its_own_picture_to_be_finished(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    recipe = read_recipe(file).model_copy(update={"postprocess": ()})
    result = studio_with(ENLARGE).make(recipe.to_finish(str(file), Choice(name="enlarge")), tmp_path)
    assert result.pictures[0].recipe.prompt == SMALL["prompt"]


def test_a_picture_that_nobody_describes_is_described_by_its_own_recipe(
    studio_with: StudioWith, file: Path, tmp_path: Path
) -> None:
    asked = Request.parse({"finished": str(file), "prompt": "", "postprocess": ["enlarge"]})
    recipe = studio_with(ENLARGE).make(asked, tmp_path).pictures[0].recipe
    assert (recipe.prompt, recipe.seed.seed, recipe.steps) == (SMALL["prompt"], 7, 2)


def test_what_is_said_of_a_finished_picture_counts_more(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    recipe = finish(studio_with(ENLARGE), file, tmp_path, "enlarge", prompt="a cat", seed=9).pictures[0].recipe
    assert (recipe.prompt, recipe.negative, recipe.seed.seed, recipe.steps) == ("a cat", "", 9, 2)


def test_a_nothing_that_is_said_counts_as_said(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    asked = Request.parse({"finished": str(file), "prompt": "", "postprocess": ["enlarge"], "seed": 0, "cfg": 0})
    recipe = studio_with(ENLARGE).make(asked, tmp_path).pictures[0].recipe
    assert (recipe.prompt, recipe.seed.seed, recipe.cfg, recipe.steps) == (SMALL["prompt"], 0, 0.0, 2)


def test_a_picture_without_a_recipe_has_none_to_link(studio_with: StudioWith, tmp_path: Path) -> None:
    Image.new("RGB", (9, 1), "red").save(tmp_path / "bare.png")
    recipe = finish(studio_with(ENLARGE), tmp_path / "bare.png", tmp_path / "out", "enlarge").pictures[0].recipe
    assert (recipe.finished.recipe, recipe.size, recipe.prompt) == (None, Size(9, 1), "")


@pytest.mark.parametrize(("mode", "kept"), [("RGBA", (255, 255, 255)), ("P", (0, 0, 0)), ("L", (0, 0, 0))])
def test_pictures_of_every_mode_are_taken(studio_with: StudioWith, tmp_path: Path, mode: str, kept: Any) -> None:
    Image.new(mode, (1, 1)).save(tmp_path / "odd.png")
    finish(studio_with(ENLARGE), tmp_path / "odd.png", tmp_path / "out", "enlarge")
    assert read_rgb(tmp_path / "out" / "1.png").getpixel((1, 1)) == kept


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"postprocess": ()}, "postprocess: '' is empty; name what is to be done"),
        ({"start": {"denoise": 0.5}}, "start.denoise: 0.5 has no use beside a finished picture"),
        ({"image": "x.png"}, "image: 'x.png' has no use beside a finished picture"),
        ({"finished": "nowhere.png"}, "finished: 'nowhere.png' is no file"),
        ({"finished": "sha256:" + "0" * 64}, "is not kept here"),
    ],
)
def test_what_makes_no_sense_beside_a_finished_picture_is_refused(
    studio_with: StudioWith, file: Path, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    asked = {"finished": str(file), "prompt": "", "postprocess": ["enlarge"]} | changes
    with pytest.raises(InvalidRequest, match=sentence):
        studio_with(ENLARGE).make(Request.parse(asked), tmp_path)


def test_a_file_that_is_no_picture_is_refused(studio_with: StudioWith, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("hello")
    with pytest.raises(UnreadableImage, match=r"x\.png is no PNG, JPEG or WebP picture"):
        finish(studio_with(ENLARGE), tmp_path / "x.png", tmp_path / "out", "enlarge")


def test_a_target_beyond_the_limit_is_refused_before_anything_is_drawn(studio_with: StudioWith, tmp_path: Path) -> None:
    asked = small_request(postprocess=[{"name": "enlarge", "params": {"times": 100}}])
    with pytest.raises(InvalidRequest, match="enlarge target: '6400x6400' is larger than this host allows"):
        studio_with(ENLARGE).make(asked, tmp_path)
    assert not (tmp_path / "1.png").exists()


def test_a_name_that_nothing_answers_to_is_refused_before_anything_is_drawn(
    studio_with: StudioWith, tmp_path: Path
) -> None:
    def told(size: Size, ctx: EstimateContext, params: Times) -> Estimate:
        ctx.require("upscaler", None)
        ctx.require("upscaler", "lanczos")
        ctx.require("detector", "nobody")
        return Estimate(size)

    asked = small_request(postprocess=["asks"])
    with pytest.raises(InvalidRequest, match="detector: 'nobody' is unknown"):
        studio_with(PostprocessDef("asks", "Asks.", Times, enlarge, told)).make(asked, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_part_beyond_the_limit_is_refused(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    def large(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        ctx.redraw_parts([Part(image.resize((128, 128)))], Redrawing(0.5))
        return image

    studio = studio_with(PostprocessDef("large", "Large.", NoParams, large))
    small = dataclasses.replace(studio, limits=Limits(pixels=64 * 64))
    with pytest.raises(InvalidRequest, match="part: '128x128' is larger than this host allows"):
        finish(small, file, tmp_path / "out", "large")


def test_a_result_beyond_the_limit_is_refused_though_nobody_estimated_it(
    studio_with: StudioWith, file: Path, tmp_path: Path
) -> None:
    chosen = {"name": "liar", "params": {"times": 100}}
    with pytest.raises(InvalidRequest, match="liar result: '6400x6400' is larger than this host allows"):
        finish(studio_with(PostprocessDef("liar", "Lies.", Times, enlarge)), file, tmp_path / "out", chosen)


def test_a_detector_gets_those_parameters_that_it_has(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    seen: list[Params] = []

    def find(image: Image.Image, ctx: Any, params: Times) -> list[Any]:
        seen.append(params)
        return []

    def ask(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        ctx.detect(image, "find", {"times": 7, "confidence": 0.5})
        return image

    studio = studio_with(DetectorDef("find", "Finds.", Times, find), PostprocessDef("ask", "Asks.", NoParams, ask))
    finish(studio, file, tmp_path / "out", "ask")
    assert seen == [Times(times=7)]


def test_an_estimate_tells_sizes_and_calls_one_after_the_other(studio_with: StudioWith) -> None:
    told = studio_with(ENLARGE).estimate(small_request(steps=8, postprocess=["enlarge", "enlarge"]))
    assert [(each.size, each.evaluations, each.what) for _, each in told] == [
        (Size(128, 128), 5, "one tile"),
        (Size(256, 256), 5, "one tile"),
    ]


def test_every_post_processor_knows_its_number_and_may_say_something(studio_with: StudioWith, tmp_path: Path) -> None:
    result = studio_with(NOTE).make(small_request(postprocess=["note", "note"]), tmp_path)
    assert result.notices == ("0 at 128x128 from 7", "1 at 128x128 from 7")


def test_a_picture_of_the_choice_is_shown(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    def show(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        return ctx.picture(ctx.pictures[0])

    Image.new("RGB", (5, 5), "lime").save(tmp_path / "mask.png")
    chosen = {"name": "show", "pictures": {"like": str(tmp_path / "mask.png")}}
    finish(studio_with(PostprocessDef("show", "Shows.", NoParams, show)), file, tmp_path / "out", chosen)
    assert read_rgb(tmp_path / "out" / "1.png").getpixel((0, 0)) == (0, 255, 0)


def test_a_picture_that_the_choice_lacks_is_named(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    def show(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        return ctx.picture("like")

    with pytest.raises(InvalidRequest, match=r"give it with --postprocess\.picture\.like FILE"):
        finish(studio_with(PostprocessDef("show", "Shows.", NoParams, show)), file, tmp_path, "show")


def test_work_that_was_cut_short_goes_on_where_it_stopped(studio_with: StudioWith, file: Path, tmp_path: Path) -> None:
    seen: list[bool] = []

    def slow(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        seen.append(ctx.recall("half") is not None)
        ctx.keep("half", image)
        if len(seen) == 1:
            raise Cancelled("the test stops here")
        return image

    studio = studio_with(PostprocessDef("slow", "Slow.", NoParams, slow))
    with pytest.raises(Cancelled):
        finish(studio, file, tmp_path / "out", "slow")
    finish(studio, file, tmp_path / "out", "slow")
    finish(studio, file, tmp_path / "out", "slow")
    assert seen == [False, True, False]


def test_what_a_post_processor_has_finished_is_not_made_again(
    studio_with: StudioWith, file: Path, tmp_path: Path
) -> None:
    worked: list[str] = []

    def first(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        worked.append("first")
        return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)

    def second(image: Image.Image, ctx: PostprocessContext, params: NoParams) -> Image.Image:
        worked.append("second")
        if len(worked) == 2:
            raise Cancelled("the test stops here")
        return image

    definitions = [PostprocessDef(run.__name__, "Works.", NoParams, run) for run in (first, second)]
    studio = studio_with(*definitions)
    with pytest.raises(Cancelled):
        finish(studio, file, tmp_path / "out", "first", "second")
    finish(studio, file, tmp_path / "out", "first", "second")
    flipped = read_rgb(file).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    assert read_rgb(tmp_path / "out" / "1.png").tobytes() == flipped.tobytes()
    finish(studio, file, tmp_path / "out", "first", "second")
    assert worked == ["first", "second", "second", "first", "second"]


def test_a_full_disk_keeps_nothing_and_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*args: Any, **options: Any) -> None:
        raise SafetensorError("No space left on device (os error 28)")

    monkeypatch.setattr("limner_host.scratch.save_file", full)
    scratch = Scratch(tmp_path, lambda: "work")
    scratch.keep("one", Image.new("RGB", (2, 2)))
    assert scratch.recall("one") is None
    assert "nothing is kept of a job" in caplog.text


def test_it_goes_on_whether_the_model_was_loaded_then_or_is_now() -> None:
    made = Recipe.model_validate(_recipe())
    digests = [made.model.model_copy(update={"digest": digest}) for digest in ("", "1" * 64)]
    works = {Scratch.work_of(made.model_copy(update={"model": each}), 0, Image.new("RGB", (2, 2))) for each in digests}
    assert len(works) == 1


def test_other_work_finds_nothing_of_it(tmp_path: Path) -> None:
    recipe, image = Recipe.model_validate(_recipe()), Image.new("RGB", (2, 2))
    works = {
        Scratch.work_of(recipe, 0, image),
        Scratch.work_of(recipe, 1, image),
        Scratch.work_of(recipe, 0, Image.new("RGB", (2, 2), "red")),
        Scratch.work_of(recipe.model_copy(update={"cfg": 3.0}), 0, image),
    }
    assert len(works) == 4


def test_a_damaged_leftover_is_made_anew(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path, lambda: "work")
    scratch.keep("one", Image.new("RGB", (2, 2)))
    (file,) = (tmp_path / "work").iterdir()
    whole = file.read_bytes()
    for damaged in (b"half", whole[:-1], whole[:-1] + b"x", b""):
        file.write_bytes(damaged)
        assert scratch.recall("one") is None


def test_leftovers_that_nobody_came_back_to_are_thrown_away(tmp_path: Path) -> None:
    import os

    for name in ("old", "new"):
        Scratch(tmp_path, lambda name=name: name).keep("one", Image.new("RGB", (2, 2)))  # type: ignore[misc]
    os.utime(tmp_path / "old", (0, 0))
    forget_old(tmp_path)
    assert ([folder.name for folder in tmp_path.iterdir()], OLDEST > 3600) == (["new"], True)


def test_a_key_that_is_a_path_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no key"):
        Scratch(tmp_path, lambda: "work").keep("../one", Image.new("RGB", (2, 2)))


def test_a_long_line_of_ancestors_loses_the_oldest() -> None:
    recipe = Recipe.model_validate(_recipe())
    for _ in range(20):
        recipe = Recipe.model_validate(_recipe(finished={"image": {"digest": "0" * 64}, "recipe": recipe}))
    kept, ancestors = without_oldest(recipe), 0
    while kept.finished and kept.finished.recipe:
        kept, ancestors = kept.finished.recipe, ancestors + 1
    assert ancestors == 7
    assert kept.finished is not None


def _recipe(**changes: Any) -> dict[str, Any]:
    from tests.conftest import a_recipe

    return dict(a_recipe(**changes))
