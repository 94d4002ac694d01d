"""Where noise comes from: the seed's own stream on the CPU, with a chain of variation seeds mixed in."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot
from typing import Any

from limner_sdk import ImageSeed, NoiseContext, NoiseDef, NoParams, Tensor, hookimpl


def gaussian(seed: ImageSeed, shape: tuple[int, int, int], ctx: NoiseContext, params: NoParams) -> Iterator[Tensor]:
    """torch's generator on the CPU; variations are mixed into the first draw, whose variance stays one.

    n = ((1 - t) a + t b) / sqrt((1 - t)² + t²): two independent unit normals keep unit variance.
    """
    import torch

    stream = ctx.generator(seed.seed)
    noise = torch.randn(shape, generator=stream)
    for step in seed.variations:
        keep, take = 1 - step.strength, step.strength
        other = torch.randn(shape, generator=ctx.generator(step.seed))
        noise = (keep * noise + take * other) / hypot(keep, take)
    yield noise
    while True:
        yield torch.randn(shape, generator=stream)


@hookimpl
def limner_noises() -> Iterator[NoiseDef[Any]]:
    yield NoiseDef(
        "gaussian",
        "Plain noise from the seed's stream on the CPU.",
        NoParams,
        gaussian,
        mixes_variations=True,
        label="CPU",
        aliases=("variation", "cpu"),
    )
