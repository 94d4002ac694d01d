"""What plugins around a walk may count on, and who is blamed when they do not keep their part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageChops, ImageStat
from tests.conftest import small_request

from limner_host.studio import Studio
from limner_sdk import (
    Box,
    Cancelled,
    DenoiserDef,
    InvalidRequest,
    InversionDef,
    NoParams,
    PostprocessDef,
    SeededArea,
    StageFailed,
    Tile,
    TilerDef,
    Tiling,
    UpscalerDef,
)

StudioWith = Callable[..., Studio]
P = NoParams


def after(change: Callable[[Any], Any]) -> DenoiserDef[Any]:
    """A denoiser that changes each prediction."""
    return DenoiserDef(
        "bad", "Bad.", P, lambda predict, ctx, params: lambda x, sigma, asked: change(predict(x, sigma, asked))
    )


def with_area(mask: Any, seed: Any = 1) -> DenoiserDef[Any]:
    area = SeededArea(mask, seed)
    return DenoiserDef("bad", "Bad.", P, lambda predict, ctx, params: predict, areas=lambda ctx, params: [area])


WHOLE = torch.ones(8, 8, dtype=torch.bool)


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (after(lambda x0: x0[..., :-1]), r"gave \(1, 4, 8, 7\) instead of a prediction"),
        (after(lambda x0: None), "gave NoneType instead of a prediction"),
        (with_area(torch.ones(3, 3, dtype=torch.bool)), r"an area of torch.bool of \(3, 3\)"),
        (with_area(WHOLE.float()), "an area of torch.float32"),
        (with_area(WHOLE, -1), "the seed -1"),
        (with_area(None), "areas failed"),
    ],
)
def test_a_denoiser_is_blamed_for_what_it_gives(
    studio_with: StudioWith, tmp_path: Path, definition: Any, sentence: str
) -> None:
    studio = studio_with(definition)
    with pytest.raises(StageFailed, match=f"mine:bad.*{sentence}"):
        studio.make(small_request(denoisers=["bad"]), tmp_path)
    result = studio.make(small_request(denoisers=[{"name": "bad", "optional": True}]), tmp_path)
    assert result.pictures[0].recipe.denoisers == ()
    assert all("\n" not in notice for notice in result.notices)


def other_words(predict: Any, ctx: Any, params: Any) -> Any:
    """Mixes in a prediction by another prompt, as the documentation shows it."""
    at = ctx.guidance("a blue star on a white background")
    return lambda x, sigma, asked: 0.5 * (predict(x, sigma, asked) + predict(x, sigma, at(sigma, asked)))


def test_another_prompts_guidance_is_as_strong_as_what_is_asked(studio_with: StudioWith, tmp_path: Path) -> None:
    seen: list[tuple[float, float, bool]] = []

    def wrap(predict: Any, ctx: Any, params: Any) -> Any:
        at = ctx.guidance("a blue star")

        def around(x: Any, sigma: float, asked: Any) -> Any:
            own = at(sigma, asked)
            seen.append((own.scale, asked.scale, own is at(sigma, asked)))
            return predict(x, sigma, own)

        return around

    studio = studio_with(DenoiserDef("other", "Other words.", P, wrap))
    studio.make(small_request(denoisers=["other"], cfg=3, steering={"end": 0.5}, steps=4), tmp_path)
    assert {scale for scale, _, _ in seen} == {3.0, 1.0}
    assert all(own == asked and same for own, asked, same in seen)


def test_a_denoiser_with_words_of_its_own_works_under_an_inversion(studio_with: StudioWith, tmp_path: Path) -> None:
    mixing = studio_with(DenoiserDef("mixing", "Mixes.", P, other_words))
    mixing.make(small_request(), tmp_path)
    asked = {
        "image": str(tmp_path / "1.png"),
        "inversion": {"name": "noise_inversion", "params": {"steps": 2}},
        "denoisers": ["mixing"],
    }
    both = mixing.make(small_request(count=2, **asked), tmp_path / "both")
    alone = mixing.make(small_request(seed=8, **asked), tmp_path / "alone")
    assert both.pictures[1].digest == alone.pictures[0].digest


def test_what_an_inversion_calls_is_counted_and_progress_never_falls(studio: Studio, tmp_path: Path) -> None:
    heard: list[float] = []

    class Hearing:
        def progress(self, stage: str, done: float, latent: Any) -> None:
            heard.append(done)

        def cancelled(self) -> bool:
            return False

    inversion = {"name": "noise_inversion", "params": {"steps": 3}}
    studio.make(small_request(), tmp_path)
    asked = small_request(image=str(tmp_path / "1.png"), inversion=inversion, width=256, tiler="cosine", steps=4)
    result = studio.make(asked, tmp_path / "made", watcher=Hearing())
    assert result.evaluations == 3 + 4
    assert heard == sorted(heard)
    assert heard[-1] == 1


def test_an_inversion_that_does_not_say_how_often_it_calls_counts_once() -> None:
    definition = InversionDef("own", "Own.", P, lambda latent, noise, denoise, ctx, params: noise)
    assert definition.evaluations(NoParams()) == 1


def redrawing(crop: tuple[int, int, int, int]) -> PostprocessDef[NoParams]:
    def run(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        drawn: Image.Image = ctx.redraw(image.crop(crop), strength=0.5)
        return drawn

    return PostprocessDef("redrawing", "Redraws a part.", P, run)


def test_a_part_that_is_redrawn_is_no_ring_and_takes_the_pictures_own_tiles(
    studio_with: StudioWith, tmp_path: Path
) -> None:
    rings: list[tuple[bool, bool]] = []

    def plan(size: Any, step: int, ctx: Any, params: Any) -> Tiling:
        rings.append((ctx.is_part, ctx.largest.width == 16))
        return Tiling((Tile(Box(0, 0, *size)),))

    studio = studio_with(redrawing((0, 0, 64, 64)), TilerDef("look", "Looks.", P, plan))
    studio.make(small_request(width=128, tiler="look", postprocess=["redrawing"], steps=1), tmp_path)
    assert set(rings) == {(False, True), (True, True)}


def test_a_part_is_redrawn_with_tiles_larger_than_it(studio_with: StudioWith, tmp_path: Path) -> None:
    tiler = {"name": "cosine", "params": {"tile_width": 12, "tile_height": 8, "overlap": 2, "wrap": True}}
    asked = small_request(width=128, tiler=tiler, postprocess=["redrawing"], steps=1)
    made = studio_with(redrawing((0, 0, 64, 64))).make(asked, tmp_path).pictures[0]
    assert (made.width, made.height) == (64, 64)


def test_a_panorama_whose_edges_would_not_touch_is_refused(studio: Studio, tmp_path: Path) -> None:
    asked = small_request(width=203, tiler={"name": "cosine", "params": {"wrap": True}})
    with pytest.raises(InvalidRequest) as refused:
        studio.make(asked, tmp_path)
    assert str(refused.value) == ("width: 203 is no width for a panorama whose edges touch; ask for 200 or 208")


def test_pictures_are_refused_where_nobody_asks_for_them(studio: Studio, tmp_path: Path) -> None:
    for field, name in (("tiler", "cosine"), ("codec", "tiled_vae"), ("noise", "field")):
        asked = small_request(**{field: {"name": name, "pictures": {"m": "nowhere.png"}}})
        with pytest.raises(InvalidRequest, match=f"{field}.picture: 'm' has no use"):
            studio.make(asked, tmp_path)


REGIONS = "left | a red circle; right | a blue star"


class Cancelling:
    """Cancels as soon as a text comes up in the progress."""

    def __init__(self, at: str) -> None:
        self._at, self._wanted = at, True

    def progress(self, stage: str, done: float, latent: Any) -> None:
        self._wanted = self._wanted and self._at not in stage

    def cancelled(self) -> bool:
        return not self._wanted


@pytest.mark.parametrize("at", ["sample: tile 3 of", "invert: tile 2 of", "region 2 of 2", "decode"])
def test_cancelling_anywhere_leaves_the_model_as_it_was(studio: Studio, pocket: Any, tmp_path: Path, at: str) -> None:
    studio.make(small_request(), tmp_path)
    before = {name: value.clone() for name, value in pocket.unet.state_dict().items()}
    asked = small_request(
        image=str(tmp_path / "1.png"),
        width=256,
        tiler="cosine",
        codec="tiled_vae",
        inversion={"name": "noise_inversion", "params": {"steps": 1}},
        denoisers=[{"name": "regions", "params": {"areas": REGIONS, "base": "everywhere"}}],
    )
    with pytest.raises(Cancelled):
        studio.make(asked, tmp_path / "cancelled", watcher=Cancelling(at))
    assert all(torch.equal(before[name], value) for name, value in pocket.unet.state_dict().items())
    again = studio.make(small_request(), tmp_path / "again")
    assert again.pictures[0].digest == studio.make(small_request(), tmp_path / "twice").pictures[0].digest


def test_a_picture_is_enlarged_by_an_upscaler_and_then_drawn_over_in_tiles(
    studio_with: StudioWith, tmp_path: Path
) -> None:
    asked_of: list[tuple[int, int]] = []

    def twice(image: Image.Image, ctx: Any, params: NoParams) -> Image.Image:
        asked_of.append(image.size)
        return image.resize((image.width * 2, image.height * 2))

    studio = studio_with(UpscalerDef("twice", "Twice as large.", P, twice))
    studio.make(small_request(width=128, height=128, steps=8), tmp_path)
    start = {"scale": 2, "upscaler": "twice", "denoise": 0.2}
    asked = small_request(width=None, height=None, steps=8, image=str(tmp_path / "1.png"), start=start, tiler="cosine")
    made = studio.make(asked, tmp_path / "large").pictures[0]
    assert (made.width, made.height) == (256, 256)
    assert asked_of == [(128, 128)]
    with Image.open(tmp_path / "1.png") as small, Image.open(tmp_path / "large" / "1.png") as large:
        off = ImageChops.difference(small.resize((256, 256)).convert("RGB"), large.convert("RGB"))
    assert sum(ImageStat.Stat(off).mean) / 3 < 12
