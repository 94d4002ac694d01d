"""Pictures, from request to file, made by the real Pocket."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.conftest import small_request

from limner_host.pictures import read_recipe
from limner_host.preview import Previewer
from limner_host.prompt_cache import PromptCache
from limner_host.studio import Studio
from limner_plugins.samplers import limner_samplers
from limner_sdk import (
    Box,
    Cancelled,
    CodecDef,
    DenoiserDef,
    LimnerError,
    NoiseDef,
    NoParams,
    PostprocessDef,
    Recipe,
    Request,
    SamplerDef,
    ScheduleDef,
    StageFailed,
    StageFinished,
    StageRefused,
    StageStarted,
    Tile,
    TilerDef,
    Tiling,
)

StudioWith = Callable[..., Studio]


def pixels(file: Path) -> bytes:
    with Image.open(file) as image:
        return image.convert("RGB").tobytes()


def make(studio: Studio, folder: Path, **changes: Any) -> list[bytes]:
    result = studio.make(small_request(**changes), folder)
    return [pixels(folder / picture.file) for picture in result.pictures]


def test_the_same_request_twice_gives_identical_pixels(studio: Studio, tmp_path: Path) -> None:
    assert make(studio, tmp_path / "a") == make(studio, tmp_path / "b")


def test_another_seed_gives_another_picture(studio: Studio, tmp_path: Path) -> None:
    assert make(studio, tmp_path / "a") != make(studio, tmp_path / "b", seed=8)


def test_another_prompt_gives_another_picture(studio: Studio, tmp_path: Path) -> None:
    assert make(studio, tmp_path / "a") != make(studio, tmp_path / "b", prompt="a green star on a white background")


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler", "euler_a"])
def test_a_batch_of_four_equals_each_picture_made_alone(studio: Studio, tmp_path: Path, sampler: str) -> None:
    batch = make(studio, tmp_path / "batch", count=4, sampler=sampler)
    alone = [make(studio, tmp_path / str(k), seed=7 + k, sampler=sampler)[0] for k in range(4)]
    assert batch == alone
    assert len(set(batch)) == 4


@pytest.mark.parametrize("sampler", [definition.name for definition in limner_samplers()])
def test_a_picture_of_any_batch_equals_itself_alone(studio: Studio, tmp_path: Path, sampler: str) -> None:
    batch = make(studio, tmp_path / "batch", count=2, sampler=sampler, steps=3)
    assert batch[1] == make(studio, tmp_path / "alone", seed=8, sampler=sampler, steps=3)[0]
    assert batch[0] != batch[1]


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler_a"])
def test_a_batch_of_variations_equals_each_variation_made_alone(studio: Studio, tmp_path: Path, sampler: str) -> None:
    def chain(seed: int) -> list[dict[str, float]]:
        return [{"seed": 50, "strength": 0.3}, {"seed": seed, "strength": 0.2}]

    batch = make(studio, tmp_path / "batch", count=4, variations=chain(100), sampler=sampler)
    alone = [make(studio, tmp_path / str(k), variations=chain(100 + k), sampler=sampler)[0] for k in range(4)]
    assert batch == alone
    assert len(set(batch)) == 4


def test_a_fifth_picture_goes_into_a_second_batch_and_equals_itself_alone(studio: Studio, tmp_path: Path) -> None:
    batch = make(studio, tmp_path / "five", count=5, steps=1)
    assert batch[4] == make(studio, tmp_path / "one", seed=11, steps=1)[0]


def test_a_weak_variation_stays_closer_than_another_seed(studio: Studio, tmp_path: Path) -> None:
    plain, other = make(studio, tmp_path / "a", steps=4)[0], make(studio, tmp_path / "b", steps=4, seed=99)[0]
    weak = make(studio, tmp_path / "c", steps=4, variations=[{"seed": 99, "strength": 0.05}])[0]
    assert plain != weak
    assert _distance(plain, weak) < _distance(plain, other)


def _distance(one: bytes, two: bytes) -> int:
    return sum(abs(a - b) for a, b in zip(one, two, strict=True))


def test_the_recipe_in_the_png_remakes_the_picture_exactly(studio: Studio, tmp_path: Path) -> None:
    changes = {
        "negative": "grey",
        "sampler": {"name": "euler_a", "params": {"eta": 0.4}},
        "variations": [{"seed": 3, "strength": 0.25}],
        "count": 2,
        "cfg": 3.5,
    }
    made = make(studio, tmp_path / "a", **changes)
    recipe = read_recipe(tmp_path / "a" / "2.png")
    studio.make(recipe.as_request(), tmp_path / "b")
    assert pixels(tmp_path / "b" / "1.png") == made[1]
    assert read_recipe(tmp_path / "b" / "1.png") == recipe


def test_a_recipe_is_complete(studio: Studio, tmp_path: Path) -> None:
    recipe = studio.make(Request.parse({"prompt": "a star", "steps": 1}), tmp_path).pictures[0].recipe
    assert recipe.model.id == "pocket:pocket"
    assert len(recipe.model.digest) == 64
    assert (recipe.noise.id, recipe.sampler.id, recipe.schedule.id) == (
        "noises:gaussian",
        "samplers:dpmpp_2m",
        "schedules:karras",
    )
    assert recipe.schedule.params["rho"] == 7.0
    assert set(recipe.software) == {"limner", "torch", "diffusers", "transformers"}
    assert (recipe.size, recipe.cfg, recipe.negative) == ((128, 128), 4.0, "")


def test_a_result_names_its_files_digests_and_seconds(studio: Studio, tmp_path: Path) -> None:
    result = studio.make(small_request(count=3), tmp_path)
    assert [picture.file for picture in result.pictures] == ["1.png", "2.png", "3.png"]
    for picture in result.pictures:
        assert hashlib.sha256((tmp_path / picture.file).read_bytes()).hexdigest() == picture.digest
    assert set(result.seconds) == {"resolve", "encode", "noise", "schedule", "sample", "decode", "save"}
    with Image.open(tmp_path / result.grid) as grid:
        assert grid.size == (128, 128)


def test_a_single_picture_is_its_own_grid(studio: Studio, tmp_path: Path) -> None:
    assert studio.make(small_request(), tmp_path).grid == "1.png"
    assert [file.name for file in tmp_path.iterdir()] == ["1.png"]


@pytest.mark.parametrize("size", [(64, 72), (200, 88), (136, 64)])
def test_every_multiple_of_eight_is_a_size(studio: Studio, tmp_path: Path, size: tuple[int, int]) -> None:
    picture = studio.make(small_request(width=size[0], height=size[1], steps=1), tmp_path).pictures[0]
    with Image.open(tmp_path / picture.file) as image:
        assert image.size == size == (picture.width, picture.height)


def test_guidance_one_ignores_the_negative_prompt(studio: Studio, tmp_path: Path) -> None:
    one = make(studio, tmp_path / "a", cfg=1, negative="a house")
    assert one == make(studio, tmp_path / "b", cfg=1, negative="a face")
    assert make(studio, tmp_path / "c", cfg=4, negative="a house") != make(studio, tmp_path / "d", cfg=4)


class Watching:
    """A watcher that notes everything, and cancels after so many reports."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.seen: list[tuple[str, float, Any]] = []
        self.cancel_after = cancel_after

    def progress(self, stage: str, done: float, latent: Any) -> None:
        self.seen.append((stage, done, latent))

    def cancelled(self) -> bool:
        return self.cancel_after is not None and len(self.seen) >= self.cancel_after


def test_progress_rises_from_zero_to_one(studio: Studio, tmp_path: Path) -> None:
    watcher = Watching()
    studio.make(small_request(count=5), tmp_path, watcher=watcher)
    done = [share for _, share, _ in watcher.seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0.0, 1.0)
    assert sum(latent is not None for *_, latent in watcher.seen) == 4


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler", "euler_a"])
def test_cancelling_stops_before_the_next_step(studio: Studio, tmp_path: Path, sampler: str) -> None:
    watcher = Watching()
    watcher.cancelled = lambda: sum(latent is not None for *_, latent in watcher.seen) >= 3  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        studio.make(small_request(steps=50, sampler=sampler), tmp_path, watcher=watcher)
    assert sum(latent is not None for *_, latent in watcher.seen) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(128, 64), (512, 256)])
def test_a_preview_is_a_small_jpeg_of_the_batch(studio: Studio, pocket: Any, size: tuple[int, int]) -> None:
    latent = torch.randn(4, 4, size[1] // 8, size[0] // 8, generator=torch.Generator().manual_seed(1))
    with Image.open(io.BytesIO(Previewer.fit(pocket.codec, studio.device).preview(latent))) as image:
        assert image.format == "JPEG"
        assert image.width == 2 * image.height
        assert max(image.size) <= 512


def test_a_preview_of_values_that_are_no_numbers_harms_nothing(studio: Studio, pocket: Any) -> None:
    latent = torch.full((1, 4, 16, 16), float("nan"))
    assert Previewer.fit(pocket.codec, studio.device).preview(latent).startswith(b"\xff\xd8\xff")


def test_a_rough_preview_shows_the_colours_of_the_picture(studio: Studio, pocket: Any) -> None:
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    with torch.inference_mode():
        painted = Previewer.fit(pocket.codec, studio.device).painted(pocket.codec.encode(red))
    middle = painted[0, :, 2:-2, 2:-2].mean((1, 2))
    assert middle[0] > 0.3
    assert middle[1] < -0.3
    assert middle[2] < -0.3


def test_observers_hear_each_stage_in_order(studio_with: StudioWith, tmp_path: Path) -> None:
    heard: list[Any] = []

    studio_with(observe=heard.append).make(small_request(), tmp_path, job="j1")
    started = [event.stage for event in heard if isinstance(event, StageStarted)]
    assert started == ["resolve", "schedule", "encode", "noise", "sample", "decode", "save"]
    assert started == [event.stage for event in heard if isinstance(event, StageFinished)]
    assert {event.job for event in heard} == {"j1"}


def test_an_observer_that_raises_changes_nothing(studio_with: StudioWith, studio: Studio, tmp_path: Path) -> None:
    called: list[int] = []

    def observe(event: Any) -> None:
        called.append(1)
        raise RuntimeError("I watch badly")

    assert make(studio_with(observe=observe), tmp_path / "a") == make(studio, tmp_path / "b")
    assert called


def _fail(*_: Any) -> Any:
    raise ValueError("it broke")


def _invert(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
    return image.point(lambda level: 255 - level)


def test_a_required_postprocessor_that_fails_fails_the_job_with_its_name(
    studio_with: StudioWith, tmp_path: Path
) -> None:
    studio = studio_with(PostprocessDef("bad", "Fails.", NoParams, _fail))
    with pytest.raises(StageFailed, match=r"^plugin mine:bad: post-process failed: it broke$") as caught:
        studio.make(small_request(postprocess=["bad"]), tmp_path)
    assert caught.value.plugin == "mine:bad"
    assert isinstance(caught.value.__cause__, ValueError)
    assert list(tmp_path.iterdir()) == []


def test_an_optional_postprocessor_that_fails_is_skipped_with_a_notice(studio_with: StudioWith, tmp_path: Path) -> None:
    heard: list[Any] = []

    bad = PostprocessDef("bad", "Fails.", NoParams, _fail)
    studio = studio_with(bad, PostprocessDef("invert", "Inverts.", NoParams, _invert), observe=heard.append)
    result = studio.make(small_request(postprocess=[{"name": "bad", "optional": True}, "invert"]), tmp_path)
    assert result.notices == ("left out mine:bad: it broke",)
    assert [stage.id for stage in read_recipe(tmp_path / "1.png").postprocess] == ["mine:invert"]
    assert [event.definition for event in heard if isinstance(event, StageRefused)] == ["mine:bad"]


def test_postprocessors_run_in_the_order_of_the_request(studio_with: StudioWith, tmp_path: Path) -> None:
    def black(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        return Image.new("RGB", image.size)

    studio = studio_with(
        PostprocessDef("black", "Blackens.", NoParams, black), PostprocessDef("invert", "Inverts.", NoParams, _invert)
    )
    assert set(make(studio, tmp_path / "a", postprocess=["black", "invert"])[0]) == {255}
    assert set(make(studio, tmp_path / "b", postprocess=["invert", "black"])[0]) == {0}


def test_a_postprocessor_that_gives_no_picture_is_refused_by_name(studio_with: StudioWith, tmp_path: Path) -> None:
    studio = studio_with(PostprocessDef("none", "Gives nothing.", NoParams, lambda *_: None))  # type: ignore[arg-type]
    with pytest.raises(LimnerError, match="mine:none"):
        studio.make(small_request(postprocess=["none"]), tmp_path)


@pytest.mark.parametrize(
    ("field", "definition"),
    [
        ("noise", NoiseDef("bad", "Fails.", NoParams, _fail)),
        ("sampler", SamplerDef("bad", "Fails.", NoParams, _fail)),
        ("schedule", ScheduleDef("bad", "Fails.", NoParams, _fail)),
        ("tiler", TilerDef("bad", "Fails.", NoParams, _fail)),
        ("codec", CodecDef("bad", "Fails.", NoParams, _fail)),
        ("denoisers", DenoiserDef("bad", "Fails.", NoParams, _fail)),
    ],
)
def test_a_stage_that_fails_is_blamed_by_name(
    studio_with: StudioWith, tmp_path: Path, field: str, definition: Any
) -> None:
    choice = ["bad"] if field == "denoisers" else "bad"
    with pytest.raises(StageFailed) as caught:
        studio_with(definition).make(small_request(**{field: choice}), tmp_path)
    assert caught.value.plugin == "mine:bad"
    assert "it broke" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "definition"),
    [
        ("tiler", TilerDef("bad", "Fails.", NoParams, _fail)),
        ("codec", CodecDef("bad", "Fails.", NoParams, _fail)),
        ("denoisers", DenoiserDef("bad", "Fails.", NoParams, _fail)),
    ],
)
def test_an_optional_stage_that_fails_is_left_out(
    studio_with: StudioWith, studio: Studio, tmp_path: Path, field: str, definition: Any
) -> None:
    choice = {"name": "bad", "optional": True}
    wanted = small_request(**{field: [choice] if field == "denoisers" else choice})
    result = studio_with(definition).make(wanted, tmp_path / "a")
    assert result.notices == ("left out mine:bad: it broke",)
    assert not getattr(result.pictures[0].recipe, field)
    assert [pixels(tmp_path / "a" / "1.png")] == make(studio, tmp_path / "b")


def test_an_optional_tiler_with_a_hole_in_its_plan_is_left_out(studio_with: StudioWith, tmp_path: Path) -> None:
    hole = TilerDef("hole", "Leaves cells out.", NoParams, lambda *_: Tiling((Tile(Box(0, 0, 4, 4)),)))
    result = studio_with(hole).make(small_request(tiler={"name": "hole", "optional": True}), tmp_path)
    assert result.pictures[0].recipe.tiler is None
    assert "mine:hole" in result.notices[0]


def test_a_plugin_that_exits_fails_its_stage(studio_with: StudioWith, tmp_path: Path) -> None:
    def leave(*_: Any) -> Any:
        raise SystemExit(0)

    with pytest.raises(StageFailed, match="mine:leave"):
        studio_with(SamplerDef("leave", "Exits.", NoParams, leave)).make(small_request(sampler="leave"), tmp_path)


def test_denoisers_wrap_in_order_the_first_innermost(studio_with: StudioWith, tmp_path: Path) -> None:
    order: list[str] = []

    def noting(name: str) -> DenoiserDef[NoParams]:
        def wrap(predict: Any, ctx: Any, params: NoParams) -> Any:
            def around(x: Any, sigma: float, guidance: Any) -> Any:
                order.append(name)
                return predict(x, sigma, guidance)

            return around

        return DenoiserDef(name, "Notes.", NoParams, wrap)

    studio_with(noting("inner"), noting("outer")).make(small_request(denoisers=["inner", "outer"], steps=1), tmp_path)
    assert order == ["outer", "inner"]


def test_a_denoiser_sees_the_levels_and_the_model(studio_with: StudioWith, pocket: Any, tmp_path: Path) -> None:
    seen: list[Any] = []

    def wrap(predict: Any, ctx: Any, params: NoParams) -> Any:
        seen.extend([ctx.sigmas, ctx.model])
        return predict

    studio_with(DenoiserDef("look", "Looks.", NoParams, wrap)).make(small_request(denoisers=["look"]), tmp_path)
    assert len(seen[0]) == 3
    assert seen[0][-1] == 0
    assert seen[1] is pocket


def test_a_codec_is_wrapped_around_the_models_own(studio_with: StudioWith, studio: Studio, tmp_path: Path) -> None:
    class Mirrored:
        def __init__(self, codec: Any) -> None:
            self.codec, self.channels, self.downscale = codec, codec.channels, codec.downscale

        def encode(self, picture: Any) -> Any:
            return self.codec.encode(picture)

        def decode(self, latent: Any) -> Any:
            return -self.codec.decode(latent)

    mirror = CodecDef("mirror", "Inverts.", NoParams, lambda codec, ctx, params: Mirrored(codec))
    plain, mirrored = make(studio, tmp_path / "a")[0], make(studio_with(mirror), tmp_path / "b", codec="mirror")[0]
    assert plain != mirrored
    assert all(abs(a + b - 255) <= 1 for a, b in zip(plain, mirrored, strict=True))


def _redrawing(**options: Any) -> PostprocessDef[NoParams]:
    def run(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        made = options | {"mask": _half(image)} if options.pop("masked", False) else options
        drawn: Image.Image = ctx.redraw(image, **made)
        return drawn

    return PostprocessDef("again", "Redraws.", NoParams, run)


def _half(image: Image.Image) -> Image.Image:
    mask = Image.new("L", image.size, 0)
    mask.paste(255, (image.width // 2, 0, image.width, image.height))
    return mask


def test_redrawing_leaves_the_black_part_of_the_mask_untouched(
    studio_with: StudioWith, studio: Studio, tmp_path: Path
) -> None:
    again = studio_with(_redrawing(strength=1.0, seed=3, masked=True))
    studio.make(small_request(), tmp_path / "a")
    again.make(small_request(postprocess=["again"]), tmp_path / "b")
    with Image.open(tmp_path / "a" / "1.png") as before, Image.open(tmp_path / "b" / "1.png") as after:
        left, right = (0, 0, 32, 64), (32, 0, 64, 64)
        assert before.crop(left).tobytes() == after.crop(left).tobytes()
        assert before.crop(right).tobytes() != after.crop(right).tobytes()


def test_redrawing_at_strength_zero_changes_nothing(studio_with: StudioWith, studio: Studio, tmp_path: Path) -> None:
    studio_again = studio_with(_redrawing(strength=0.0))
    assert make(studio_again, tmp_path / "a", postprocess=["again"]) == make(studio, tmp_path / "b")


def test_redrawing_works_at_sizes_that_are_no_multiple_of_eight(studio_with: StudioWith, tmp_path: Path) -> None:
    def run(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        drawn: Image.Image = ctx.redraw(image.resize((61, 75)), strength=0.5)
        return drawn

    studio = studio_with(PostprocessDef("odd", "Odd sizes.", NoParams, run))
    picture = studio.make(small_request(postprocess=["odd"]), tmp_path).pictures[0]
    assert (picture.width, picture.height) == (61, 75)


def test_a_picture_with_values_that_are_no_numbers_is_refused(studio_with: StudioWith, tmp_path: Path) -> None:
    def run(denoise: Any, x: Any, sigmas: Any, ctx: Any, params: NoParams) -> Any:
        return x * float("nan")

    studio = studio_with(SamplerDef("nan", "Gives NaN.", NoParams, run))
    with pytest.raises(LimnerError, match="no numbers"):
        studio.make(small_request(sampler="nan"), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("levels", [[1.0, 2.0, 0.0], [2.0, float("nan"), 0.0], [1.0], [1.0, -1.0]])
def test_a_schedule_that_does_not_fall_is_refused_by_name(
    studio_with: StudioWith, tmp_path: Path, levels: list[float]
) -> None:
    studio = studio_with(ScheduleDef("odd", "Odd levels.", NoParams, lambda steps, table, params: levels))
    with pytest.raises(LimnerError, match="mine:odd"):
        studio.make(small_request(schedule="odd"), tmp_path)


def test_a_noise_of_the_wrong_shape_is_refused_by_name(studio_with: StudioWith, tmp_path: Path) -> None:
    wrong = NoiseDef("wrong", "Wrong shape.", NoParams, lambda seed, shape, ctx, params: iter([torch.zeros(1)]))
    with pytest.raises(LimnerError, match="mine:wrong: it gave noise of"):
        studio_with(wrong).make(small_request(noise="wrong"), tmp_path)


def test_a_plugin_that_takes_a_default_samplers_name_harms_no_picture_that_did_not_ask_for_it(
    studio_with: StudioWith, studio: Studio, tmp_path: Path
) -> None:
    same = SamplerDef("dpmpp_2m", "Has the default's name.", NoParams, _fail)
    assert make(studio_with(same), tmp_path / "a") == make(studio, tmp_path / "b")


def test_a_recipe_of_a_batch_differs_in_nothing_but_the_seed(studio: Studio, tmp_path: Path) -> None:
    first, second = (p.recipe for p in studio.make(small_request(count=2, steps=1), tmp_path).pictures)
    assert isinstance(first, Recipe)
    assert first.same_but_seed(second)
    assert (first.seed.seed, second.seed.seed) == (7, 8)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [(None, "it gave NoneType instead of a latent"), (torch.zeros(1, 4, 2, 2), r"it gave \(1, 4, 2, 2\) instead")],
)
def test_a_sampler_that_gives_no_latent_is_blamed(
    studio_with: StudioWith, tmp_path: Path, made: Any, sentence: str
) -> None:
    broken = SamplerDef("broken", "Gives nonsense.", NoParams, lambda denoise, x, sigmas, ctx, params: made)
    with pytest.raises(StageFailed, match=f"plugin mine:broken: {sentence}"):
        studio_with(broken).make(small_request(sampler="broken"), tmp_path)


def test_a_schedule_that_ends_above_nothing_is_blamed(studio_with: StudioWith, tmp_path: Path) -> None:
    short = ScheduleDef("short", "Stops early.", NoParams, lambda steps, levels, params: [14.0, 1.0, 0.5])
    with pytest.raises(StageFailed, match="plugin mine:short: it gave levels that do not fall to 0 for 2 steps"):
        studio_with(short).make(small_request(schedule="short"), tmp_path)


def test_text_is_encoded_once_for_all_sizes_and_passes(studio: Studio, tmp_path: Path, pocket: Any) -> None:
    calls: list[int] = []
    fresh = dataclasses.replace(studio, prompts=PromptCache())
    hook = pocket.networks["text_encoder"].register_forward_hook(lambda *_: calls.append(1))
    try:
        for changes in ({}, {"width": 72}, {"hires": {"scale": 1, "steps": 1}}, {"count": 2}):
            fresh.make(small_request(steps=1, **changes), tmp_path)
    finally:
        hook.remove()
    assert len(calls) == 2
