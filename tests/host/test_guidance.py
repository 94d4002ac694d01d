"""Guidance and tiles: from a network's predictions to what a sampler is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conftest import small_request

from limner_host.guidance import checked_plan, guided, one_by_one, rescaled, tiled
from limner_host.offers import Offer
from limner_host.studio import Studio
from limner_host.tensors import to_tensor
from limner_sdk import Box, Guidance, LimnerError, NoParams, Size, Tile, TilerDef


class Words:
    """A conditioning that is one number per picture."""

    def __init__(self, *values: float) -> None:
        self.values = values
        self.crops: list[Box] = []

    def crop(self, box: Box) -> Words:
        self.crops.append(box)
        return self

    def alike(self, other: Any) -> bool:
        return True

    def join(self, other: Any) -> Words:
        return Words(*self.values, *other.values)

    def rows(self, start: int, stop: int) -> Words:
        return Words(*self.values[start:stop])


class Adding:
    """A model that predicts the latent plus the prompt's number."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, x: torch.Tensor, sigma: float, cond: Any) -> torch.Tensor:
        self.batches.append(len(x))
        return x + torch.tensor(cond.values).view(-1, 1, 1, 1)


def ask(positive: Words, negative: Words, scale: float) -> Guidance:
    return Guidance(((positive, 1.0),), negative, scale)  # type: ignore[arg-type]


def test_guidance_goes_away_from_the_negative_prompt() -> None:
    predict = guided(Adding())  # type: ignore[arg-type]
    x = torch.zeros(2, 4, 2, 2)
    guidance = ask(Words(3.0, 5.0), Words(1.0, 1.0), 2.5)
    assert predict(x, 1.0, guidance)[:, 0, 0, 0].tolist() == [1 + 2.5 * 2, 1 + 2.5 * 4]


def test_guidance_of_one_asks_the_network_half_as_much() -> None:
    model = Adding()
    predict = guided(model)  # type: ignore[arg-type]
    assert predict(torch.zeros(2, 4, 2, 2), 1.0, ask(Words(3, 5), Words(1, 1), 1.0))[:, 0, 0, 0].tolist() == [3, 5]
    assert model.batches == [2]


def test_pictures_predicted_one_by_one_keep_their_own_prompt() -> None:
    model = Adding()
    predict = one_by_one(guided(model))  # type: ignore[arg-type]
    made = predict(torch.zeros(3, 4, 2, 2), 1.0, ask(Words(3, 5, 7), Words(0, 0, 0), 1.0))
    assert made[:, 0, 0, 0].tolist() == [3, 5, 7]
    assert model.batches == [1, 1, 1]


def pointwise(x: torch.Tensor, sigma: float, guidance: Any) -> torch.Tensor:
    return torch.sin(x) * sigma


def tiler(*tiles: Tile) -> Offer[TilerDef[NoParams]]:
    return Offer("test", "1", TilerDef("test", "Tiles.", NoParams, lambda size, step, params: tiles))


OVERLAPPING = (
    Tile(Box(0, 0, 5, 8)),
    Tile(Box(3, 0, 5, 4), weight=2.5),
    Tile(Box(3, 4, 5, 4), weight=[[1.0 + row + column for column in range(5)] for row in range(4)]),
)


def test_a_pointwise_prediction_is_the_same_with_and_without_tiles() -> None:
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    fused = tiled(pointwise, tiler(*OVERLAPPING), NoParams(), lambda sigma: 0)
    guidance = ask(Words(1), Words(0), 2.0)
    assert torch.allclose(fused(x, 3.0, guidance), pointwise(x, 3.0, guidance), atol=1e-6)


def test_overlapping_tiles_are_averaged_by_weight() -> None:
    answers = iter([1.0, 4.0])
    tiles = Tile(Box(0, 0, 2, 2)), Tile(Box(1, 0, 2, 2), weight=3.0)
    fused = tiled(
        lambda x, sigma, guidance: torch.full_like(x, next(answers)), tiler(*tiles), NoParams(), lambda sigma: 0
    )
    made = fused(torch.zeros(1, 1, 2, 3), 1.0, ask(Words(1), Words(0), 2.0))
    assert made[0, 0, 0].tolist() == [1.0, (1 + 3 * 4) / 4, 4.0]


def test_each_tile_gets_its_part_of_the_conditioning() -> None:
    positive, negative = Words(1), Words(0)
    fused = tiled(pointwise, tiler(*OVERLAPPING), NoParams(), lambda sigma: 0)
    fused(torch.zeros(1, 4, 8, 8), 1.0, ask(positive, negative, 2.0))
    assert positive.crops == negative.crops == [tile.box for tile in OVERLAPPING]


def test_a_plan_is_told_the_number_of_the_step(studio_with: Callable[..., Studio], tmp_path: Path) -> None:
    steps: list[int] = []

    def plan(size: Size, step: int, params: NoParams) -> list[Tile]:
        steps.append(step)
        return [Tile(Box(0, 0, *size))]

    tilers = studio_with(TilerDef("count", "Counts.", NoParams, plan))
    tilers.make(small_request(tiler="count", steps=4), tmp_path)
    assert steps == [0, 1, 2, 3]


def test_one_tile_that_covers_all_changes_nothing(
    studio_with: Callable[..., Studio], studio: Studio, tmp_path: Path
) -> None:
    whole = TilerDef("whole", "One tile.", NoParams, lambda size, step, params: [Tile(Box(0, 0, *size))])
    one = studio_with(whole).make(small_request(tiler="whole", width=72), tmp_path / "a").pictures[0]
    two = studio.make(small_request(width=72), tmp_path / "b").pictures[0]
    images = [to_tensor(_open(tmp_path / folder / "1.png")) for folder in "ab"]
    assert (one.width, two.width) == (72, 72)
    assert (images[0] - images[1]).abs().max() < 2 / 127


def _open(file: Path) -> Any:
    from limner_host.pictures import read_image

    return read_image(file)


@pytest.mark.parametrize(
    ("tiles", "sentence"),
    [
        ([], "leaves 64 of 64 cells in no tile"),
        ([Tile(Box(0, 0, 8, 7))], "leaves 8 of 64 cells in no tile"),
        ([Tile(Box(0, 0, 9, 8))], "leaves the canvas of 8x8 cells"),
        ([Tile(Box(-1, 0, 9, 8))], "leaves the canvas"),
        ([Tile(Box(0, 0, 8, 8)), Tile(Box(2, 2, 0, 3))], "leaves the canvas"),
    ],
)
def test_a_bad_plan_is_refused_with_the_tilers_name(tiles: list[Tile], sentence: str) -> None:
    with pytest.raises(LimnerError, match=f"plugin holes: .*{sentence}"):
        checked_plan(tiles, Size(8, 8), "holes")


class Long(Words):
    """A prompt of more chunks than others."""

    def alike(self, other: Any) -> bool:
        return isinstance(other, Long)


def test_prompts_of_different_lengths_are_asked_one_after_the_other() -> None:
    model = Adding()
    made = guided(model)(torch.zeros(1, 4, 2, 2), 1.0, ask(Long(3), Words(1), 2.0))  # type: ignore[arg-type]
    assert float(made[0, 0, 0, 0]) == 1 + 2 * 2
    assert model.batches == [1, 1]


def test_several_positives_pull_by_their_weights() -> None:
    positives = ((Words(3.0), 1.2), (Words(7.0), -0.5))
    guidance = Guidance(positives, Words(1.0), 2.0)  # type: ignore[arg-type]
    made = guided(Adding())(torch.zeros(1, 4, 2, 2), 1.0, guidance)  # type: ignore[arg-type]
    assert float(made[0, 0, 0, 0]) == pytest.approx(1 + 2 * (1.2 * 2 - 0.5 * 6))


@pytest.mark.parametrize("sigma", [0.1, 1.0, 14.0])
def test_full_rescaling_gives_the_velocity_the_spread_of_the_unguided_one(sigma: float) -> None:
    x, positive, drawn = torch.randn(3, 2, 4, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    made = rescaled(x, sigma, drawn, positive, 1.0)
    noises = [(x - x0) / sigma - sigma * x0 for x0 in (positive, made)]
    assert torch.allclose(*(noise.std(dim=(1, 2, 3)) for noise in noises))


def test_rescaling_by_nothing_changes_nothing() -> None:
    x, positive, drawn = torch.randn(3, 2, 4, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    assert torch.allclose(rescaled(x, 2.0, drawn, positive, 0.0), drawn)


def test_rescaling_is_what_diffusers_does_to_a_velocity() -> None:
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

    x, positive, drawn = torch.randn(3, 2, 4, 8, 8, generator=torch.Generator().manual_seed(2)).double()
    sigma, signal = 3.0, 1 / 10**0.5
    velocity = [signal * ((x - x0) / sigma - sigma * x0) for x0 in (drawn, positive)]
    theirs = rescale_noise_cfg(*velocity, guidance_rescale=0.7)
    assert torch.allclose(rescaled(x, sigma, drawn, positive, 0.7), signal**2 * x - sigma * signal * theirs)
