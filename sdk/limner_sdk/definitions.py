"""The frozen definitions that hooks yield, and the shape of the function in each.

Every function takes its subject first, and `ctx` and `params` last. A definition ties the function to its parameter
model, so that a type checker sees a mismatch; what it cannot see is refused with `DefinitionError` when it is built.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from .context import (
    CodecContext,
    Context,
    DenoiserContext,
    InversionContext,
    NoiseContext,
    PostprocessContext,
    SamplerContext,
    TilerContext,
)
from .errors import DefinitionError
from .model import Codec, Denoise, Increments, Model, ModelLoader, NoiseLevels, Predict
from .params import Params
from .seeds import ImageSeed
from .types import Box, Image, Sigmas, Size, Tensor

P = TypeVar("P", bound=Params)
P_contra = TypeVar("P_contra", bound=Params, contravariant=True)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


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
    """Noise (B, C, h, w) of unit variance that leads back to the clean `latent`, instead of the fresh `noise`.

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


class PreprocessorRun(Protocol[P_contra]):
    """An RGB hint of the size of `image`, which is left as it was."""

    def __call__(self, image: Image, ctx: Context, params: P_contra, /) -> Image: ...


class DetectorRun(Protocol[P_contra]):
    """The things found in `image`, surest first."""

    def __call__(self, image: Image, ctx: PostprocessContext, params: P_contra, /) -> Sequence[Detection]: ...


@dataclass(frozen=True)
class Tile:
    """One part of a latent that is predicted by itself.

    `weight` gives a tile's say where tiles overlap: a number for all of it, rows of numbers, one a cell, or the same
    as a tensor (height, width).
    """

    box: Box
    weight: float | Sequence[Sequence[float]] | Tensor = 1.0


@dataclass(frozen=True)
class Tiling:
    """All tiles of one step. A plan that gives the very same object again saves the host work.

    `batch` is how many tiles of the same size go through the network at once, chosen by free memory if it is None.
    `wraps` makes the latent a ring, whose left and right edges touch: a box may go on past the right edge.
    """

    tiles: Sequence[Tile]
    batch: int | None = None
    wraps: bool = False


@dataclass(frozen=True)
class SeededArea:
    """The cells where `mask` (h, w), a bool tensor of the canvas' size, is true take their noise from `seed`."""

    mask: Tensor
    seed: int


@dataclass(frozen=True)
class Detection:
    """One thing found in a picture: its box in pixels, how sure the detector is (0 … 1), and its mask if it has one."""

    box: Box
    confidence: float
    label: str
    mask: Image | None = None


@dataclass(frozen=True)
class Definition(Generic[P]):
    """What all definitions have.

    `name` is what people type (lower-case letters, digits and _), `summary` one line of help, `params` the parameter
    model (`NoParams` if there is nothing to set), `label` the name as people know it from elsewhere, "DPM++ 2M".
    """

    kind: ClassVar[str] = "definition"

    name: str
    summary: str
    params: type[P]

    def __post_init__(self) -> None:
        subject = f"{self.kind} {self.name!r}"
        if not _NAME.fullmatch(self.name):
            raise DefinitionError(subject, "has no usable name", "use lower-case letters, digits and _, 32 at most")
        if not self.summary or "\n" in self.summary or len(self.summary) > 100:
            raise DefinitionError(subject, "lacks a usable summary", "write one line of at most 100 characters")
        if not (isinstance(self.params, type) and issubclass(self.params, Params)):
            raise DefinitionError(subject, "has params that are no Params class", "subclass limner_sdk.Params")
        _check_function(subject, self.function)

    @property
    def function(self) -> Callable[..., Any]:
        """The author's function, whatever the kind calls it."""
        raise NotImplementedError


def _check_function(subject: str, function: object) -> None:
    if not callable(function):
        raise DefinitionError(subject, "has nothing to call", "pass a plain function")
    if inspect.iscoroutinefunction(function):
        raise DefinitionError(subject, "is an async function", "write a plain def; stages run in a worker process")


@dataclass(frozen=True)
class NoiseDef(Definition[P]):
    """Where a picture's noise comes from. `mixes_variations` says that it honours `ImageSeed.variations`.

    Without a `brownian` of its own, the host grows the Brownian paths that some samplers ask for from the seed.
    """

    kind: ClassVar[str] = "noise"
    run: NoiseRun[P]
    brownian: BrownianRun[P] | None = None
    mixes_variations: bool = False
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


def _one_per_step(steps: int) -> int:
    return steps


@dataclass(frozen=True)
class SamplerDef(Definition[P]):
    """A sampler. `schedule` is its own default's full id; `evaluations` tells how often it calls `denoise`.

    `adaptive` says that it chooses its own steps, which makes `evaluations` an estimate. `discards_penultimate` drops
    the next-to-last level of one step more, unless the request says otherwise. `aliases` are names of it elsewhere.
    """

    kind: ClassVar[str] = "sampler"
    run: SamplerRun[P]
    schedule: str = "schedules:karras"
    evaluations: Callable[[int], int] = _one_per_step
    adaptive: bool = False
    discards_penultimate: bool = False
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class ScheduleDef(Definition[P]):
    """A schedule of noise levels. `aliases` are names of it elsewhere."""

    kind: ClassVar[str] = "schedule"
    run: ScheduleRun[P]
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class TilerDef(Definition[P]):
    """A plan of tiles; the host crops the latent and fuses the predictions. `aliases` are names of it elsewhere."""

    kind: ClassVar[str] = "tiler"
    plan: TilerPlan[P]
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.plan


@dataclass(frozen=True)
class DenoiserDef(Definition[P]):
    """Something around each prediction. `areas` names parts of the canvas that have seeds of their own."""

    kind: ClassVar[str] = "denoiser"
    wrap: DenoiserWrap[P]
    areas: AreasRun[P] | None = None
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.wrap


@dataclass(frozen=True)
class InversionDef(Definition[P]):
    """A way to find the noise that a picture could have come from, so that drawing it anew keeps more of it."""

    kind: ClassVar[str] = "inversion"
    run: InversionRun[P]
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class CodecDef(Definition[P]):
    """Something around the autoencoder. `aliases` are names of it elsewhere."""

    kind: ClassVar[str] = "codec"
    wrap: CodecWrap[P]
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.wrap


@dataclass(frozen=True)
class PostprocessDef(Definition[P]):
    """Something done to a finished picture."""

    kind: ClassVar[str] = "postprocessor"
    run: PostprocessRun[P]
    label: str = ""

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class UpscalerDef(Definition[P]):
    """An enlarger by the whole factor `scale`."""

    kind: ClassVar[str] = "upscaler"
    run: PostprocessRun[P]
    scale: int = 2
    label: str = ""

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class PreprocessorDef(Definition[P]):
    """What makes a control network's hint, such as edges, of an RGB picture of the same size."""

    kind: ClassVar[str] = "preprocessor"
    run: PreprocessorRun[P]
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class DetectorDef(Definition[P]):
    """Something that finds things in pictures."""

    kind: ClassVar[str] = "detector"
    run: DetectorRun[P]
    label: str = ""

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class ModelDefaults:
    """What a model likes when the person does not say. `size` is in pixels."""

    size: Size = field(default=Size(512, 512))
    steps: int = 20
    cfg: float = 7.0
    sampler: str = "samplers:dpmpp_2m"


@dataclass(frozen=True)
class ModelDef:
    """A model. `load` is called once, when the first picture asks for it; `family` is such as ``sd1``."""

    kind: ClassVar[str] = "model"
    name: str
    summary: str
    family: str
    load: Callable[[ModelLoader], Model]
    defaults: ModelDefaults = field(default_factory=ModelDefaults)
    label: str = ""

    def __post_init__(self) -> None:
        subject = f"model {self.name!r}"
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", self.name):
            raise DefinitionError(subject, "has no usable name", "use lower-case letters, digits, _ . -, 64 at most")
        if not self.summary or "\n" in self.summary or len(self.summary) > 100:
            raise DefinitionError(subject, "lacks a usable summary", "write one line of at most 100 characters")
        _check_function(subject, self.load)
