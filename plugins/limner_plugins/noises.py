"""Starting noise: plain Gaussian, and Gaussian with variation seeds mixed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Any

from limner_sdk import ImageSeed, NoiseContext, NoiseDef, NoParams, Shape, Tensor, hookimpl


def gaussian(shape: Shape, seeds: Sequence[ImageSeed], ctx: NoiseContext, params: NoParams) -> Tensor:
    """Standard normal noise (B, C, H, W), each picture's from a generator of its own."""
    import torch

    return torch.stack([ctx.randn(seed.seed, shape[1:]) for seed in seeds])


def variation(shape: Shape, seeds: Sequence[ImageSeed], ctx: NoiseContext, params: NoParams) -> Tensor:
    """As `gaussian`, then each variation of the chain is mixed in; the variance stays one."""
    import torch

    return torch.stack([_mixed(seed, shape[1:], ctx) for seed in seeds])


def _mixed(seed: ImageSeed, size: tuple[int, ...], ctx: NoiseContext) -> Tensor:
    """n = ((1 - t) a + t b) / sqrt((1 - t)² + t²): two independent unit normals keep unit variance."""
    noise = ctx.randn(seed.seed, size)
    for step in seed.variations:
        keep, take = 1 - step.strength, step.strength
        noise = (keep * noise + take * ctx.randn(step.seed, size)) / hypot(keep, take)
    return noise


@hookimpl
def limner_noises() -> Iterator[NoiseDef[Any]]:
    yield NoiseDef("gaussian", "Plain noise from the seed.", NoParams, gaussian, label="Gaussian")
    yield NoiseDef(
        "variation",
        "Noise from the seed with a chain of variation seeds mixed in.",
        NoParams,
        variation,
        mixes_variations=True,
        label="Variation",
    )
