"""Whoever follows what a post-processor has drawn: it counts, and blames plugins for their own stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from torch import Tensor

from .blame import blaming
from .device import memory_reported
from .kit import Monitor
from .run import RunContext


@dataclass(frozen=True)
class Within:
    """The monitor of what is drawn inside of another stage, whose time it is; `outer` follows the whole job."""

    context: RunContext
    outer: Monitor

    @contextmanager
    def stage(self, name: str, definition: str) -> Iterator[RunContext]:
        """A stage inside the post-processor's."""
        with memory_reported(f"the stage {name}"), blaming(definition, name):
            yield replace(self.context, report_to=lambda done, what: None)

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """Each evaluation is one of the job's."""
        return lambda count, latent: self.outer.evaluated(len(latent), len(latent))

    def weigh(self, work: Callable[[], float]) -> None:
        """The post-processor has told beforehand what its evaluations cost."""

    def called(self, pixels: int) -> None:
        """Pass it on."""
        self.outer.called(pixels)

    def evaluated(self, pictures: int, calls: int = 1) -> None:
        """Pass it on."""
        self.outer.evaluated(pictures, calls)

    def within(self, done: float, what: str) -> None:
        """The post-processor says itself what it is at."""

    def decoding(self, done: float) -> None:
        """Likewise."""
