"""One full sampling run through our own encoding, guidance and sampler, to be held against diffusers' pipelines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from limner_host.guidance import guided
from limner_plugins.samplers.euler import ChurnParams, euler
from limner_sdk import Conditioning, Encoding, Guidance, Size, Span
from limner_sdk.testing import FakeContext

PROMPT, NEGATIVE = "a red circle on a blue background", "a green house"
SIZE = Size(64, 64)
CFG = 5.0


def sigmas_of(model: Any, steps: int = 4) -> list[float]:
    """Equal steps in training time, as diffusers' linspace: with 1000 timesteps and 4 steps all are whole numbers."""
    top = model.levels.timesteps - 1
    return [model.levels.sigma(top - i * top / (steps - 1)) for i in range(steps)] + [0.0]


def noise_for(model: Any) -> Tensor:
    """Unit-variance noise for a picture of `SIZE`."""
    shape = (1, model.codec.channels, SIZE.height // 8, SIZE.width // 8)
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


@torch.inference_mode()
def our_run(
    model: Any,
    negative: str = NEGATIVE,
    change: Callable[[Conditioning], Conditioning] = lambda cond: cond,
) -> Tensor:
    """Euler's method with guidance: the clean latent (1, C, h, w)."""
    words = model.encode((Span(PROMPT),), Encoding(SIZE))
    against = model.encode((Span(negative),), Encoding(SIZE, negative=True))
    guidance = Guidance(((words, 1.0),), against, CFG).each(change)
    predict, sigmas = guided(model), sigmas_of(model)
    start = noise_for(model) * sigmas[0]
    return euler(lambda x, sigma: predict(x, sigma, guidance), start, sigmas, FakeContext(), ChurnParams())
