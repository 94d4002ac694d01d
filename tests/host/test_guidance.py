"""Guidance: from a network's predictions to what a sampler is given."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from limner_host.guidance import guided, one_by_one, rescaled
from limner_sdk import Guidance


class Words:
    """A conditioning that is one number per picture."""

    def __init__(self, *values: float) -> None:
        self.values = values

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
