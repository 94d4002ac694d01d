"""One run of a job: who watches it, whether it is cancelled, and how far it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from limner_sdk import Cancelled, Increments, Model, NoiseLevels, Size

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
    """What every stage gets, a `limner_sdk.Context`. `report_to` hears of a stage's own 0 … 1."""

    device: torch.device
    dtype: torch.dtype
    log: logging.Logger
    watcher: Watcher
    report_to: Callable[[float], None] = field(default=lambda done: None)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the person no longer wants the picture."""
        if self.watcher.cancelled():
            raise Cancelled("the job was cancelled")

    def report(self, done: float, what: str = "") -> None:
        """Tell the person that the fraction `done` of this stage is over."""
        self.check_cancelled()
        self.report_to(min(max(done, 0.0), 1.0))


@dataclass(frozen=True)
class NoiseRun(RunContext):
    """A `NoiseContext`."""

    origin: tuple[int, int] = (0, 0)
    canvas: Size | None = None

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
class DenoiserRun(RunContext):
    """A `DenoiserContext`."""

    model: Model = field(kw_only=True)
    sigmas: tuple[float, ...] = ()


@dataclass(frozen=True)
class CodecRun(RunContext):
    """A `CodecContext`."""

    def free_memory(self) -> int:
        """Bytes that are free on the device now."""
        return free_memory(self.device)
