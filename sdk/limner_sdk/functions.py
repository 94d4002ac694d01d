"""The shapes of the functions that authors write: the subject first, `ctx` and `params` last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from .context import (
    CodecContext,
    Context,
    DenoiserContext,
    EstimateContext,
    InversionContext,
    NoiseContext,
    PostprocessContext,
    SamplerContext,
    TilerContext,
)
from .model import Codec, Denoise, Increments, NoiseLevels, Predict
from .params import Params
from .records import Detection, SeededArea, Tiling
from .redrawing import Estimate
from .seeds import ImageSeed
from .types import Image, Sigmas, Size, Tensor

P_contra = TypeVar("P_contra", bound=Params, contravariant=True)


class NoiseRun(Protocol[P_contra]):
    """One picture's noise, draw after draw for as long as it is asked, each (C, H, W) in latent cells, unit variance.

    The first draw starts the picture; the later ones are the fresh noise that its sampler asks for.
    """

    def __call__(
        self, seed: ImageSeed, shape: tuple[int, int, int], ctx: NoiseContext, params: P_contra, /
    ) -> Iterator[Tensor]: ...


class BrownianRun(Protocol[P_contra]):
    """One picture's Brownian path between the levels `low` and `high`: its increments (C, H, W), of unit variance."""

    def __call__(
        self,
        seed: ImageSeed,
        shape: tuple[int, int, int],
        low: float,
        high: float,
        ctx: NoiseContext,
        params: P_contra,
        /,
    ) -> Increments: ...


class SamplerRun(Protocol[P_contra]):
    """Walk `x` (B, C, H, W) down the levels `sigmas` and return the clean latent."""

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: P_contra, /
    ) -> Tensor: ...


class ScheduleRun(Protocol[P_contra]):
    """`steps` + 1 falling levels out of the model's table, the last one 0."""

    def __call__(self, steps: int, levels: NoiseLevels, params: P_contra, /) -> Sigmas: ...


class TilerPlan(Protocol[P_contra]):
    """Tiles that cover all of a latent of `size` cells; `step`, from 0, lets a plan shift from step to step.

    The latent is the whole canvas, or a part of it that is predicted by itself, such as a region.
    """

    def __call__(self, size: Size, step: int, ctx: TilerContext, params: P_contra, /) -> Tiling: ...


class DenoiserWrap(Protocol[P_contra]):
    """A prediction that does something around the given one."""

    def __call__(self, predict: Predict, ctx: DenoiserContext, params: P_contra, /) -> Predict: ...


class AreasRun(Protocol[P_contra]):
    """The parts of the canvas whose noise comes from seeds of their own."""

    def __call__(self, ctx: DenoiserContext, params: P_contra, /) -> Sequence[SeededArea]: ...


class InversionRun(Protocol[P_contra]):
    """Noise (B, C, h, w) that leads back to the clean `latent` (1 or B, C, h, w), instead of the fresh `noise`.

    Both are in units of the level that the run begins with, so that the fresh one has unit variance.

    `denoise` follows the prompt without guidance, its negative prompt having no say.
    """

    def __call__(
        self, latent: Tensor, noise: Tensor, denoise: Denoise, ctx: InversionContext, params: P_contra, /
    ) -> Tensor: ...


class CodecWrap(Protocol[P_contra]):
    """A codec that does something around the given one."""

    def __call__(self, codec: Codec, ctx: CodecContext, params: P_contra, /) -> Codec: ...


class PostprocessRun(Protocol[P_contra]):
    """A new RGB picture made of `image`, which is left as it was."""

    def __call__(self, image: Image, ctx: PostprocessContext, params: P_contra, /) -> Image: ...


class EstimateRun(Protocol[P_contra]):
    """What will be done to a picture of `size` pixels. Raises `InvalidRequest` for what cannot be done to it."""

    def __call__(self, size: Size, ctx: EstimateContext, params: P_contra, /) -> Estimate: ...


class UpscalerRun(Protocol[P_contra]):
    """An RGB picture some whole number of times as wide and high as `image`, which is left as it was."""

    def __call__(self, image: Image, ctx: Context, params: P_contra, /) -> Image: ...


class PreprocessorRun(Protocol[P_contra]):
    """An RGB hint of the size of `image`, which is left as it was."""

    def __call__(self, image: Image, ctx: Context, params: P_contra, /) -> Image: ...


class DetectorRun(Protocol[P_contra]):
    """The things found in `image`, surest first."""

    def __call__(self, image: Image, ctx: Context, params: P_contra, /) -> Sequence[Detection]: ...
