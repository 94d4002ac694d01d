"""The frozen definitions that hooks yield. Each ties an author's function to its parameter model.

A type checker sees a mismatch between the two; what it cannot see is refused with `DefinitionError` when a definition
is built.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from .errors import DefinitionError
from .functions import (
    AreasRun,
    BrownianRun,
    CodecWrap,
    DenoiserWrap,
    DetectorRun,
    EstimateRun,
    InversionRun,
    NoiseRun,
    PostprocessRun,
    PreprocessorRun,
    SamplerRun,
    ScheduleRun,
    TilerPlan,
    UpscalerRun,
)
from .model import Model, ModelLoader
from .params import Params
from .types import Size

P = TypeVar("P", bound=Params)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: What may be called after a file.
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_REMEDIES = {
    _NAME: "use lower-case letters, digits and _, 32 at most",
    _FILE_NAME: "use lower-case letters, digits, _ . -, 64 at most",
}


@dataclass(frozen=True)
class Definition(Generic[P]):
    """What all definitions have.

    `name` is what people type (lower-case letters, digits and _), `summary` one line of help, `params` the parameter
    model (`NoParams` if there is nothing to set), `label` the name as people know it from elsewhere, "DPM++ 2M".
    """

    kind: ClassVar[str] = "definition"
    names: ClassVar[re.Pattern[str]] = _NAME

    name: str
    summary: str
    params: type[P]

    def __post_init__(self) -> None:
        subject = f"{self.kind} {self.name!r}"
        if not self.names.fullmatch(self.name):
            raise DefinitionError(subject, "has no usable name", _REMEDIES[self.names])
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


def _once(params: Params) -> int:
    return 1


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
    """A way to find the noise that a picture could have come from, so that drawing it anew keeps more of it.

    `evaluations` tells how often it calls `denoise` with some parameters.
    """

    kind: ClassVar[str] = "inversion"
    run: InversionRun[P]
    evaluations: Callable[[P], int] = _once
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class CodecDef(Definition[P]):
    """Something around the autoencoder. `aliases` are names of it elsewhere.

    One that is `thrifty` gives the same pictures in less memory: the host turns to it by itself where a plain codec
    would not fit.
    """

    kind: ClassVar[str] = "codec"
    wrap: CodecWrap[P]
    label: str = ""
    aliases: tuple[str, ...] = ()
    thrifty: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        return self.wrap


@dataclass(frozen=True)
class PostprocessDef(Definition[P]):
    """Something done to a finished picture: when it is made, by a button below it, or to any existing picture.

    `estimate` tells the new size and the work beforehand; without one, the size stays and the network is not called.
    A `guard` looks whether a picture may be shown: it gives it back as it is, or raises to withhold it. It is in
    nobody's list, and runs last on every picture if the host's admin says so. `button` is the word on the button,
    "" if there is to be none. `pictures` are the names of those that it asks for, such as ``reference``: where none can
    be given, it is not offered.
    """

    kind: ClassVar[str] = "postprocessor"
    run: PostprocessRun[P]
    estimate: EstimateRun[P] | None = None
    guard: bool = False
    button: str = ""
    pictures: tuple[str, ...] = ()
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class UpscalerDef(Definition[P]):
    """An enlarger by the whole factor `scale`, which is None if only running it tells."""

    kind: ClassVar[str] = "upscaler"
    names: ClassVar[re.Pattern[str]] = _FILE_NAME
    run: UpscalerRun[P]
    scale: int | None = None
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class PreprocessorDef(Definition[P]):
    """What makes a control network's hint, such as edges, of an RGB picture of the same size.

    `marks_mask` sets the hint to -1 where the picture is to be drawn anew, as networks for inpainting were taught.
    """

    kind: ClassVar[str] = "preprocessor"
    run: PreprocessorRun[P]
    marks_mask: bool = False
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., Any]:
        return self.run


@dataclass(frozen=True)
class DetectorDef(Definition[P]):
    """Something that finds things in pictures.

    `missing` is what it still needs here to work at all, such as a package or a file; then no menu offers it.
    """

    kind: ClassVar[str] = "detector"
    names: ClassVar[re.Pattern[str]] = _FILE_NAME
    run: DetectorRun[P]
    label: str = ""
    aliases: tuple[str, ...] = ()
    missing: str = ""

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
        if not _FILE_NAME.fullmatch(self.name):
            raise DefinitionError(subject, "has no usable name", _REMEDIES[_FILE_NAME])
        if not self.summary or "\n" in self.summary or len(self.summary) > 100:
            raise DefinitionError(subject, "lacks a usable summary", "write one line of at most 100 characters")
        _check_function(subject, self.load)
