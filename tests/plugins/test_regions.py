"""Regions: their places and shares, their guidance, their seeds, and what Pocket draws with them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from limner_host.families.conditioning import TextConditioning
from limner_host.offers import Offer
from limner_host.randomness import NoiseSource
from limner_host.run import DenoiserRun, NoiseRun, Silent
from limner_plugins.noises import limner_noises
from limner_plugins.regions import areas, regions
from limner_plugins.regions.language import Region, regions_of
from limner_plugins.regions.params import RegionParams
from limner_plugins.regions.places import area_of, box_of, feathered
from limner_plugins.regions.predicting import Steering
from limner_sdk import (
    Box,
    Cancelled,
    Guidance,
    ImageSeed,
    InvalidRequest,
    NoiseDef,
    Predict,
    Size,
)

NOISES: dict[str, NoiseDef[Any]] = {definition.name: definition for definition in limner_noises()}


# What it is tried on: a canvas of 32 x 16 cells, and a network that says how a prompt is numbered


def numbered(words: str, negative: str | None = None, count: int = 1, scale: float = 4.0) -> Guidance:
    """The guidance of prompts that are numbers."""
    hidden = [torch.full((count, 1, 1), float(text or 0)) for text in (words, negative)]
    return Guidance(((TextConditioning(hidden[0]), 1.0),), TextConditioning(hidden[1]), scale)


def context(masks: dict[str, torch.Tensor] | None = None, guide: Any = None, watcher: Any = None) -> DenoiserRun:
    return DenoiserRun(
        torch.device("cpu"),
        torch.float32,
        logging.getLogger(),
        watcher or Silent(),
        model=cast(Any, SimpleNamespace(codec=SimpleNamespace(downscale=8))),
        sigmas=(1.0, 0.0),
        canvas=Size(32, 16),
        native=Size(16, 16),
        asked=Size(256, 128),
        prompt="9",
        guide=guide or constant,
        masks={name: lambda mask=mask: mask for name, mask in (masks or {}).items()},
    )


def constant(prompt: str, negative: str | None) -> Callable[[float, Guidance], Guidance]:
    guidance = numbered(prompt, negative)
    return lambda sigma, asked: guidance


def plain(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
    """A network that draws its prompt's number everywhere."""
    shown = cast(TextConditioning, guidance.positives[0][0]).hidden
    return shown.view(-1, 1, 1, 1).expand(x.shape)


def drawn(text: str, predict: Predict = plain, masks: Any = None, **params: Any) -> torch.Tensor:
    """What regions with numbers for prompts give on the canvas (16, 32), the base being 9."""
    predicted = regions(predict, context(masks), RegionParams(areas=text, **params))
    return predicted(torch.zeros(1, 1, 16, 32), 1.0, numbered("9"))[0, 0]


# Places


def only(text: str) -> Region:
    (region,) = regions_of(text)
    return region


def box(text: str, masks: Any = None) -> Box:
    return box_of(area_of(only(f"{text} | 1"), context(masks)))


def test_a_box_is_grown_to_sides_that_networks_can_halve() -> None:
    assert box("left") == Box(0, 0, 16, 16)
    assert box("120 24 8 8") == Box(12, 0, 8, 8)
    assert box("0 0 8 8") == Box(0, 0, 8, 8)
    assert box("248 120 8 8") == Box(24, 8, 8, 8)
    assert box("8 0 200 100%") == Box(0, 0, 32, 16)


def test_neighbours_share_an_edge_in_cells_too() -> None:
    thirds = ["0 0 33.3% 100%", "33.3% 0 33.3% 100%", "66.6% 0 33.4% 100%"]
    cells = sum(area_of(only(f"{third} | 1"), context()) for third in thirds)
    assert isinstance(cells, torch.Tensor)
    assert bool((cells == 1).all())


def test_a_place_that_was_rounded_past_the_edge_ends_there() -> None:
    assert box("33.3334% 0 66.6667% 100%") == Box(8, 0, 24, 16)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("200 0 100 100% | 1", r"'200 0 100 100% \| 1' reaches to pixel 300 and so leaves the picture; end at 256"),
        ("0 50% 100% 70 | 1", r"reaches to pixel 134 and so leaves the picture; end at 128"),
        ("0 0 3 3 | 1", r"is too small; make it at least 8 pixels wide and high"),
        ("mask=dark | 1", r"'mask=dark \| 1' has an empty mask; its picture must be white where the region is"),
        ("mask=none | 1", r"denoiser.picture: 'none' is the name of no picture; there is dark"),
        ("left | 1", r"denoiser.picture.dark: 'dark' is the mask of no region; write mask=dark in front of"),
        ("", r"denoiser.areas: '' names no region; write one, such as left | a red circle"),
    ],
)
def test_a_region_that_the_canvas_has_no_place_for_is_refused(text: str, finding: str) -> None:
    with pytest.raises(InvalidRequest, match=finding):
        drawn(text, masks={"dark": torch.zeros(16, 32)})


def test_pixels_are_those_of_the_size_that_was_asked_for_in_every_pass() -> None:
    """203 x 101 pixels are drawn in 26 x 13 cells, and twice as large in 51 x 26."""
    first, second = (replace(context(), asked=Size(203, 101), canvas=canvas) for canvas in (Size(26, 13), Size(51, 26)))
    for ctx, boundary in ((first, 13), (second, 26)):
        left, right = (area_of(only(f"{place} 102 101 | 1"), ctx) for place in ("0 0", "101 0"))
        assert torch.equal((left + right > 0), torch.ones_like(left, dtype=torch.bool))
        assert int(left[0].sum()) == boundary


def test_a_region_beyond_the_edge_is_told_the_edge_that_was_asked_for() -> None:
    ctx = replace(context(), asked=Size(203, 128), canvas=Size(26, 16))
    with pytest.raises(InvalidRequest, match="reaches to pixel 208 and so leaves the picture; end at 203"):
        area_of(only("100 0 108 100% | 1"), ctx)


def test_a_feather_rises_from_the_edge_in_a_raised_cosine() -> None:
    area = torch.zeros(16, 32)
    area[:, 8:24] = 1
    row = feathered(area, 0.5)[5]
    expected = [(1 - torch.cos(torch.tensor(torch.pi * (k + 0.5) / 4)).item()) / 2 for k in range(4)]
    assert row[8:12].tolist() == pytest.approx(expected, abs=1e-6)
    assert torch.equal(row, row.flip(0))
    assert bool((row[12:20] == 1).all())
    assert bool((row[:8] == 0).all())


def test_the_border_of_the_canvas_is_no_edge() -> None:
    area = torch.zeros(16, 32)
    area[:, :16] = 1
    soft = feathered(area, 1.0)
    assert bool((soft[:, :8] == 1).all())
    assert bool((soft[:, 8:16] < 1).all())
    assert torch.equal(feathered(torch.ones(16, 32), 1.0), torch.ones(16, 32))


def test_without_a_feather_an_area_stays_as_it_is() -> None:
    grey = torch.linspace(0, 1, 512).view(16, 32)
    assert torch.equal(feathered(grey, 0.0), grey)


# Shares


def test_each_region_draws_its_own_prompt_and_the_base_the_rest() -> None:
    made = drawn("0 0 64 100% | 1; 64 0 64 100% | 2")
    assert made[3].tolist() == [1] * 8 + [2] * 8 + [9] * 16


def test_overlapping_backgrounds_give_their_mean_by_weight() -> None:
    made = drawn("all | 1; right weight=3 | 5")
    assert made[0].tolist() == [1] * 16 + [4] * 16


def test_a_base_that_is_everywhere_has_the_weight_of_one_region() -> None:
    made = drawn("left weight=3 | 1", base="everywhere")
    assert made[0].tolist() == [3] * 16 + [9] * 16


def test_a_foreground_lies_on_the_backgrounds_whatever_their_weight() -> None:
    made = drawn("25% 0 50% 100% kind=foreground feather=0 | 5; left weight=100 | 1; right | 2")
    assert made[0].tolist() == [1] * 8 + [5] * 16 + [2] * 8


def test_overlapping_foregrounds_give_their_mean_by_weight() -> None:
    made = drawn("left kind=foreground feather=0 | 1; all kind=foreground feather=0 weight=3 | 5")
    assert made[0].tolist() == [4] * 16 + [5] * 16


def test_a_feathered_foreground_fades_into_what_it_lies_on() -> None:
    row = drawn("25% 0 50% 100% kind=foreground feather=0.5 | 1", base="rest")[0]
    fade = feathered(area_of(only("25% 0 50% 100% | 1"), context()), 0.5)[0]
    assert torch.allclose(row, 9 * (1 - fade) + fade)


def test_a_grey_mask_mixes_as_it_is_grey() -> None:
    mask = torch.cat([torch.ones(16, 16), torch.full((16, 16), 0.25)], dim=1)
    assert drawn("mask=sky | 1", masks={"sky": mask})[0].tolist() == [1] * 16 + [7] * 16


@pytest.mark.parametrize("grey", [0.02, 120 / 255])
def test_an_evenly_grey_mask_draws_as_much_as_it_is_grey(grey: float) -> None:
    for soft in ("", " feather=0.5"):
        made = drawn(f"mask=sky{soft} | 1", masks={"sky": torch.full((16, 32), grey)})
        assert torch.allclose(made, torch.full((16, 32), 9 - 8 * grey))


def test_a_line_thinner_than_a_cell_is_a_region_too() -> None:
    mask = torch.zeros(16, 32)
    mask[7] = 3 / 8
    made = drawn("mask=line | 1", masks={"line": mask})
    assert torch.allclose(made[7], torch.full((32,), 6.0))
    assert bool((made[[6, 8]] == 9).all())
    assert box("mask=line", {"line": mask}) == Box(0, 4, 32, 8)


def test_two_regions_may_have_the_same_mask() -> None:
    mask = torch.zeros(16, 32)
    mask[4:12, 4:12] = 1
    made = drawn("mask=a | 1; mask=a | 3", masks={"a": mask})
    assert torch.equal(made, torch.where(mask > 0, 2.0, 9.0))


def test_cells_that_nothing_covers_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"leaves 256 of 512 latent cells to no region; cover them, or set base"):
        drawn("left | 1", base="none")


def test_a_soft_edge_over_nothing_is_refused_too() -> None:
    with pytest.raises(InvalidRequest, match=r"to no region"):
        drawn("left | 1; right kind=foreground feather=0.5 | 2", base="none")
    assert drawn("left | 1; right kind=foreground feather=0 | 2", base="none")[0].tolist() == [1] * 16 + [2] * 16


def test_nothing_is_predicted_that_cannot_be_seen() -> None:
    asked: list[float] = []

    def noting(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
        asked.append(float(cast(TextConditioning, guidance.positives[0][0]).hidden[0]))
        return plain(x, sigma, guidance)

    drawn("left | 1; left kind=foreground feather=0 | 2; right | 3", noting)
    assert asked == [2, 3]


def test_each_region_is_predicted_at_its_own_box() -> None:
    shapes: list[tuple[int, ...]] = []

    def noting(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
        shapes.append(tuple(x.shape[-2:]))
        return plain(x, sigma, guidance)

    drawn("left | 1; right | 2; 50% 50% 30 20 kind=foreground | 3", noting)
    assert shapes == [(16, 16), (16, 16), (8, 8)]


def test_regions_do_the_same_for_each_picture_of_a_batch() -> None:
    x = torch.randn(2, 4, 16, 32, generator=torch.Generator().manual_seed(1))

    def pointwise(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
        return x + plain(x, sigma, guidance)

    def guide(prompt: str, negative: str | None) -> Callable[[float, Guidance], Guidance]:
        """As many rows as are asked for, as the host gives them."""
        rows = lambda asked: len(cast(TextConditioning, asked.negative).hidden)  # noqa: E731
        return lambda sigma, asked: numbered(prompt, negative, count=rows(asked))

    predicted = regions(pointwise, context(guide=guide), RegionParams(areas="left | 1; right | 2"))
    number = torch.tensor([1.0] * 16 + [2.0] * 16)
    assert torch.allclose(predicted(x, 1.0, numbered("9", count=2)), x + number)
    assert torch.allclose(predicted(x[:1], 1.0, numbered("9")), x[:1] + number)


# Guidance


def test_a_region_is_meant_as_strongly_as_the_guidance_that_comes_in() -> None:
    guide = lambda prompt, negative: lambda sigma, asked: replace(numbered(prompt), scale=asked.scale)  # noqa: E731
    scales: list[float] = []

    def noting(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
        scales.append(guidance.scale)
        return x

    predicted = regions(noting, context(guide=guide), RegionParams(areas="left | 1"))
    for scale in (1.0, 6.0):
        predicted(torch.zeros(1, 1, 16, 32), 1.0, numbered("9", scale=scale))
    assert scales == [1.0, 1.0, 6.0, 6.0]


def test_the_guidance_of_a_region_is_cut_once_for_each_stretch_of_its_prompt() -> None:
    early, late = numbered("1"), numbered("2")
    steering, asked = Steering(lambda sigma, asked: early if sigma > 1 else late, Box(0, 0, 8, 8)), numbered("9")
    first = steering.at(3.0, asked)
    assert steering.at(2.0, asked) is first
    assert steering.at(1.0, asked) is not first


def read(append: bool) -> list[tuple[str, str | None]]:
    """The prompts that are read for two regions."""
    asked: list[tuple[str, str | None]] = []

    def noting(prompt: str, negative: str | None) -> Callable[[float, Guidance], Guidance]:
        asked.append((prompt, negative))
        return constant("1", None)

    regions(plain, context(guide=noting), RegionParams(areas="left | a cat | blurry; right | a dog", append=append))
    return asked


def test_a_region_has_its_own_prompt_and_the_negative_one_that_it_says() -> None:
    assert read(append=False) == [("a cat", "blurry"), ("a dog", None)]


def test_the_pictures_prompt_can_be_put_before_each_regions() -> None:
    assert read(append=True) == [("9, a cat", "blurry"), ("9, a dog", None)]


def test_a_job_can_be_cancelled_between_two_regions() -> None:
    asked: list[float] = []

    class Impatient(Silent):
        def cancelled(self) -> bool:
            return len(asked) == 1

    def noting(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
        asked.append(sigma)
        return x

    predicted = regions(noting, context(watcher=Impatient()), RegionParams(areas="left | 1; right | 2"))
    with pytest.raises(Cancelled):
        predicted(torch.zeros(1, 1, 16, 32), 1.0, numbered("9"))
    assert len(asked) == 1


# Seeds


def source(noise: str, seeds: list[int], text: str) -> NoiseSource:
    offer = Offer("noises", "1", NOISES[noise])
    ctx = NoiseRun(torch.device("cpu"), torch.float32, logging.getLogger(), Silent())
    found = areas(context(), RegionParams(areas=text))
    return NoiseSource(offer, offer.definition.params(), [ImageSeed(seed=s) for s in seeds], (4, 16, 32), ctx, found)


@pytest.mark.parametrize("noise", NOISES)
def test_a_regions_seed_gives_its_noise_whatever_the_pictures_seed(noise: str) -> None:
    made = source(noise, [1, 2], "left seed=7 | 1; right | 2")
    for both in (made.draw(), made.draw()):
        assert torch.equal(both[0, :, :, :16], both[1, :, :, :16])
        assert not bool((both[0, :, :, 16:] == both[1, :, :, 16:]).any())


@pytest.mark.parametrize("noise", NOISES)
def test_a_regions_seed_gives_its_brownian_path_too(noise: str) -> None:
    x = torch.zeros(2, 4, 16, 32)
    both = source(noise, [1, 2], "left seed=7 | 1; right | 2").brownian(x, 0.1, 10.0)(4.0, 2.0)
    assert torch.equal(both[0, :, :, :16], both[1, :, :, :16])
    assert not bool((both[0, :, :, 16:] == both[1, :, :, 16:]).any())


def test_a_regions_noise_is_that_of_a_picture_with_its_seed() -> None:
    inside = source("field", [1], "left seed=7 | 1; right | 2").draw()[0, :, :, :16]
    assert torch.equal(inside, source("field", [7], "all | 1").draw()[0, :, :, :16])


def test_a_foregrounds_seed_wins_over_a_backgrounds() -> None:
    one = source("gaussian", [1], "left kind=foreground seed=7 | 1; all seed=8 | 2").draw()[0]
    seven, eight = source("gaussian", [7, 8], "all | 1").draw()
    assert torch.equal(one[:, :, :16], seven[:, :, :16])
    assert torch.equal(one[:, :, 16:], eight[:, :, 16:])


@pytest.mark.parametrize("white", [1.0, 0.4])
def test_the_seed_of_a_mask_holds_where_it_is_at_least_half_as_bright_as_at_its_brightest(white: float) -> None:
    mask = torch.zeros(16, 32)
    mask[:4], mask[4:8], mask[8:] = white, 0.6 * white, 0.4 * white
    (area,) = areas(context({"a": mask}), RegionParams(areas="mask=a seed=3 | 1; all | 2"))
    assert (area.seed, area.mask.dtype) == (3, torch.bool)
    assert torch.equal(area.mask, mask > 0.5 * white)
