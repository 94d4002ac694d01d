"""Where noise comes from: torch's stream on the CPU, a copy of CUDA's, or the place in the picture.

All three mix chains of variations, stay close to a picture of another size, and grow Brownian paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import ImageSeed, Increments, NoiseContext, NoiseDef, Tensor, hookimpl

from .drawing import drawn, path
from .params import FieldParams, NoiseParams
from .streams import Shape3, cuda_streams, field_streams, torch_streams


def gaussian(seed: ImageSeed, shape: Shape3, ctx: NoiseContext, params: NoiseParams) -> Iterator[Tensor]:
    """torch's generator on the CPU, the same on every machine."""
    return drawn(seed, shape, torch_streams(ctx), params)


def gaussian_path(
    seed: ImageSeed, shape: Shape3, low: float, high: float, ctx: NoiseContext, params: NoiseParams
) -> Increments:
    """The path that k-diffusion grows from the seed on the CPU."""
    return path(seed, shape, low, high, torch_streams(ctx), params)


def philox(seed: ImageSeed, shape: Shape3, ctx: NoiseContext, params: NoiseParams) -> Iterator[Tensor]:
    """What an NVIDIA card draws, computed anywhere."""
    return drawn(seed, shape, cuda_streams(), params)


def philox_path(
    seed: ImageSeed, shape: Shape3, low: float, high: float, ctx: NoiseContext, params: NoiseParams
) -> Increments:
    """The path that k-diffusion grows from the seed with such draws."""
    return path(seed, shape, low, high, cuda_streams(), params)


def field(seed: ImageSeed, shape: Shape3, ctx: NoiseContext, params: FieldParams) -> Iterator[Tensor]:
    """Noise that depends on the seed and the place alone: a larger canvas shows more of the same."""
    return drawn(seed, shape, field_streams(params), params)


def field_path(
    seed: ImageSeed, shape: Shape3, low: float, high: float, ctx: NoiseContext, params: FieldParams
) -> Increments:
    """A path for each place, whatever the canvas."""
    return path(seed, shape, low, high, field_streams(params), params)


@hookimpl
def limner_noises() -> Iterator[NoiseDef[Any]]:
    yield NoiseDef(
        "gaussian",
        "Plain noise from the seed's stream on the CPU.",
        NoiseParams,
        gaussian,
        brownian=gaussian_path,
        mixes_variations=True,
        label="CPU",
        aliases=("variation", "cpu"),
    )
    yield NoiseDef(
        "philox",
        "The noise that NVIDIA cards draw, on any machine.",
        NoiseParams,
        philox,
        brownian=philox_path,
        mixes_variations=True,
        label="NV",
        aliases=("nv", "gpu"),
    )
    yield NoiseDef(
        "field",
        "Noise by place: other sizes and tiles show the same noise.",
        FieldParams,
        field,
        brownian=field_path,
        mixes_variations=True,
        label="Field",
    )
