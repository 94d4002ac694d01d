"""How far a job is: the share of each stage, counted in the network's work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from .registry import Registry
from .run import Watcher
from .steps import calls_of
from .work import DECODING, FinishingWork


class Meter:
    """Adds the stages up to 0 … 1 of the work, and passes them on to the watcher.

    Evaluations are counted, and each is weighed: by what the pass says, or, within a post-processor, by what that has
    told beforehand, so that whatever it draws in the end takes the share that it was given.
    """

    def __init__(self, watcher: Watcher, registry: Registry) -> None:
        self._watcher, self._registry = watcher, registry
        self._stage = self._what = ""
        self._total, self._done, self._told, self._each = 1.0, 0.0, 0.0, 1.0
        self._finishing: dict[str, float] = {}

    def expect(self, drawing: float, finishing: Sequence[FinishingWork] = ()) -> None:
        """Know the whole job's work beforehand, in megapixels."""
        self._total = drawing + sum(each.work for each in finishing) or 1.0
        self._finishing = {each.definition: each.work / each.evaluations for each in finishing if each.evaluations}

    def enter(self, stage: str, definition: str = "") -> None:
        """Say that a stage begins."""
        self._stage, self._what = stage, ""
        self._each = self._finishing.get(definition, self._each)
        self._tell(None)

    def weigh(self, work: float) -> None:
        """Hear what one evaluation of the batch's next pass costs."""
        self._each = work

    def complete(self) -> None:
        """Hear that nothing more is drawn, even if more was expected."""
        self._done = self._total

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """What hears of each evaluation of one pass; an adaptive sampler may need more of them than was expected."""
        before, each, calls = self._done, self._each, calls_of(self._registry, sampler, steps)

        def seen(count: int, latent: Tensor) -> None:
            self._done = before + min(count, calls) * each
            self._tell(latent)

        return seen

    def evaluated(self, calls: int = 1) -> None:
        """Hear of evaluations outside of sampling."""
        self._done += calls * self._each
        self._tell(None, what=self._what)

    def within(self, done: float, what: str) -> None:
        """Hear how much of one evaluation is done, 0 … 1, and of what; that holds until something else is heard."""
        self._what = what
        self._tell(None, done, what)

    def decoding(self, done: float) -> None:
        """Hear how much of one batch is decoded, 0 … 1."""
        self._tell(None, done * DECODING)
        if done >= 1:
            self._done += DECODING * self._each

    def _tell(self, latent: Tensor | None, begun: float = 0.0, what: str = "") -> None:
        stage = f"{self._stage}: {what}" if what else self._stage
        # What nobody has counted beforehand, such as a region's own tiles, never takes anything back.
        self._told = max(self._told, min(1.0, (self._done + begun * self._each) / self._total))
        self._watcher.progress(stage, self._told, latent)
