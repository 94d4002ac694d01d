"""How far a job is: the share of each stage, counted in evaluations of the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from torch import Tensor

from limner_sdk import Recipe

from .registry import Registry
from .run import Watcher
from .steps import calls_of, evaluations_of, inversion_calls

#: A batch's decoding counts as this many evaluations.
DECODING: Final = 2


class Meter:
    """Adds the stages up to 0 … 1 and passes them on to the watcher."""

    def __init__(self, watcher: Watcher, registry: Registry) -> None:
        self._watcher, self._registry = watcher, registry
        self._stage = self._what = ""
        self._total, self._done, self._told = 1, 0.0, 0.0

    def expect(self, batches: Sequence[Recipe], finishing: int = 0) -> None:
        """Count the whole job's work beforehand, from one recipe of each batch; `finishing` are further evaluations."""
        registry = self._registry
        drawing = sum(
            evaluations_of(recipe, registry) + inversion_calls(recipe, registry) + DECODING for recipe in batches
        )
        self._total = max(1, drawing + finishing)

    def enter(self, stage: str) -> None:
        """Say that a stage begins."""
        self._stage, self._what = stage, ""
        self._tell(None)

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """What hears of each evaluation of one pass; an adaptive sampler may need more of them than was expected."""
        before, calls = self._done, calls_of(self._registry, sampler, steps)

        def seen(count: int, latent: Tensor) -> None:
            self._done = before + min(count, calls)
            self._tell(latent)

        return seen

    def evaluated(self, calls: int = 1) -> None:
        """Hear of evaluations outside of sampling."""
        self._done += calls
        self._tell(None, what=self._what)

    def within(self, done: float, what: str) -> None:
        """Hear how much of one evaluation is done, 0 … 1, and of what; that holds until something else is heard."""
        self._what = what
        self._tell(None, done, what)

    def decoding(self, done: float) -> None:
        """Hear how much of one batch is decoded, 0 … 1."""
        self._tell(None, done * DECODING)
        if done >= 1:
            self._done += DECODING

    def _tell(self, latent: Tensor | None, begun: float = 0.0, what: str = "") -> None:
        stage = f"{self._stage}: {what}" if what else self._stage
        # What nobody has counted beforehand, such as a region's own tiles, never takes anything back.
        self._told = max(self._told, min(1.0, (self._done + begun) / self._total))
        self._watcher.progress(stage, self._told, latent)
