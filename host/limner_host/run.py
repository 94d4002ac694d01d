"""One run of a job: who watches it, whether it is cancelled, and how far it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import torch
from torch import Tensor

from limner_sdk import Cancelled, Guidance, Increments, InvalidRequest, Model, NoiseLevels, Size

from .device import free_memory
from .randomness import NoiseSource


class Watcher(Protocol):
    """Whoever wants to know how a job goes."""

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """`done` is 0 … 1 over the whole job; `latent` (B, C, h, w) is what the pictures will be, if that is known."""
        ...

    def cancelled(self) -> bool:
        """Whether the person no longer wants the pictures."""
        ...


class Silent:
    """A watcher that does not look and never cancels."""

    def progress(self, stage: str, done: float, latent: Tensor | None) -> None:
        """Not shown to anyone."""

    def cancelled(self) -> bool:
        """Never."""
        return False


@dataclass(frozen=True)
class RunContext:
    """What every stage gets, a `limner_sdk.Context`. `report_to` hears of a stage's own 0 … 1, and of what is done."""

    device: torch.device
    dtype: torch.dtype
    log: logging.Logger
    watcher: Watcher
    report_to: Callable[[float, str], None] = field(default=lambda done, what: None)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the person no longer wants the picture."""
        if self.watcher.cancelled():
            raise Cancelled("the job was cancelled")

    def of(self, definition: str) -> Self:
        """The same for a plugin's definition, whose name the log carries."""
        return replace(self, log=logging.getLogger(f"limner.plugin.{definition or 'host'}"))

    def report(self, done: float, what: str = "") -> None:
        """Tell the person that the fraction `done` of this stage is over."""
        self.check_cancelled()
        self.report_to(min(max(done, 0.0), 1.0), what)


@dataclass(frozen=True)
class NoiseRun(RunContext):
    """A `NoiseContext`."""

    def generator(self, seed: int, /) -> torch.Generator:
        """A fresh stream on the CPU, whose numbers are the same on every machine."""
        return torch.Generator().manual_seed(seed)


@dataclass(frozen=True)
class SamplerRun(RunContext):
    """A `SamplerContext`."""

    source: NoiseSource = field(kw_only=True)
    levels: NoiseLevels = field(kw_only=True)

    def noise_like(self, x: Tensor, /) -> Tensor:
        """Fresh noise, row k from the k-th picture's own stream."""
        return self.source.like(x)

    def brownian(self, x: Tensor, low: float, high: float, /) -> Increments:
        """One Brownian path per picture."""
        return self.source.brownian(x, low, high)


@dataclass(frozen=True)
class TilerRun(RunContext):
    """A `TilerContext`."""

    native: Size = field(kw_only=True)
    canvas: Size = field(kw_only=True)
    largest: Size = field(kw_only=True)
    is_part: bool = False


@dataclass(frozen=True)
class InversionRun(RunContext):
    """An `InversionContext`. `pictured` gives the picture (B, 3, H, W)."""

    levels: NoiseLevels = field(kw_only=True)
    sigmas: tuple[float, ...] = field(kw_only=True)
    pictured: Callable[[], Tensor] = field(kw_only=True)

    def picture(self) -> Tensor:
        """What the latent shows."""
        return self.pictured()


@dataclass(frozen=True)
class DenoiserRun(RunContext):
    """A `DenoiserContext`. `guide` makes guidance of a prompt and a negative one, `masks` are pictures by name."""

    model: Model = field(kw_only=True)
    sigmas: tuple[float, ...] = field(kw_only=True)
    canvas: Size = field(kw_only=True)
    native: Size = field(kw_only=True)
    asked: Size = field(kw_only=True)
    prompt: str = field(kw_only=True)
    guide: Callable[[str, str | None], Callable[[float, Guidance], Guidance]] = field(kw_only=True)
    masks: Mapping[str, Callable[[], Tensor]] = field(default_factory=dict)

    def guidance(self, prompt: str, negative: str | None = None) -> Callable[[float, Guidance], Guidance]:
        """What gives the guidance by another prompt at each level."""
        return self.guide(prompt, negative)

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the pictures that came with the choice."""
        return tuple(self.masks)

    def mask(self, name: str) -> Tensor:
        """The picture called `name` as grey levels (h, w) in 0 … 1. Raises `InvalidRequest` if there is none."""
        if name not in self.masks:
            known = f"there is {', '.join(self.masks)}; " if self.masks else ""
            remedy = f"is the name of no picture; {known}give it with --denoiser.picture.{name} FILE"
            raise InvalidRequest("denoiser.picture", name, remedy)
        return self.masks[name]()


@dataclass(frozen=True)
class CodecRun(RunContext):
    """A `CodecContext`."""

    def free_memory(self) -> int:
        """Bytes that are free on the device now."""
        return free_memory(self.device)
