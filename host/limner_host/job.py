"""One job on its way: its clock, its notices, its count of evaluations, and what observers hear of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pluggy
import torch
from torch import Tensor

from limner_sdk import Stage, StageFailed, StageFinished, StageRefused, StageStarted
from limner_sdk.events import Event
from limner_sdk.work import MEGAPIXEL

from .blame import blaming
from .device import memory_reported
from .progress import Meter
from .registry import Registry
from .run import RunContext, Watcher

log = logging.getLogger(__name__)


@dataclass
class Job:
    """Follows a job through its stages, a `kit.Monitor`."""

    registry: Registry
    device: torch.device
    dtype: torch.dtype
    name: str
    watcher: Watcher
    seconds: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    evaluations: int = 0
    pixels: int = 0
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.watcher, self.registry)

    @contextmanager
    def stage(self, name: str, definition: str) -> Iterator[RunContext]:
        """Time a stage, tell observers, blame its plugin; yields the context that the others are made of."""
        # Several of them may follow each other, and people want to know which one works.
        self.meter.enter(f"{name} {definition.rpartition(':')[2]}" if name == "post-process" else name, definition)
        self._tell(StageStarted(self.name, name, definition))
        begun = time.perf_counter()
        with memory_reported(f"the stage {name}"), blaming(definition, name):
            yield self._context(definition)
        taken = time.perf_counter() - begun
        self.seconds[name] = self.seconds.get(name, 0.0) + taken
        self._tell(StageFinished(self.name, name, definition, taken))

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Time the loading of a model by itself, and not as part of the stage that it happens in."""
        begun = time.perf_counter()
        yield
        taken = time.perf_counter() - begun
        self.seconds["load"] = self.seconds.get("load", 0.0) + taken
        self.seconds["resolve"] = self.seconds.get("resolve", 0.0) - taken

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """Count the evaluations of one pass."""
        metered = self.meter.sampling(sampler, steps)

        def seen(count: int, latent: Tensor) -> None:
            self.evaluations += len(latent)
            metered(count, latent)

        return seen

    def evaluated(self, pictures: int, calls: int = 1) -> None:
        """Count it."""
        self.evaluations += pictures
        self.meter.evaluated(calls)

    def weigh(self, work: Callable[[], float]) -> None:
        """Pass it on."""
        self.meter.weigh(work())

    def called(self, pixels: int) -> None:
        """Count it."""
        self.pixels += pixels

    @property
    def work(self) -> float:
        """What all calls of the network have cost so far, in megapixels."""
        return self.pixels / MEGAPIXEL

    def within(self, done: float, what: str) -> None:
        """Pass it on."""
        self.meter.within(done, what)

    def decoding(self, done: float) -> None:
        """Pass it on."""
        self.meter.decoding(done)

    def refused(self, stage: str, choice: Stage, error: StageFailed) -> None:
        """An optional stage has failed and is left out."""
        log.warning("the optional %s was left out", choice.id, exc_info=error)
        reason = str(error.__cause__ or error).removeprefix(f"plugin {choice.id}: ")
        self.notices.append(f"left out {choice.id}: {' '.join(reason.split())}")
        self._tell(StageRefused(self.name, stage, choice.id, str(error)))

    def _context(self, definition: str) -> RunContext:
        return RunContext(self.device, self.dtype, log, self.watcher).of(definition)

    def _tell(self, event: Event) -> None:
        tell_observers(self.registry.plugins.manager, event)


def tell_observers(hooks: pluggy.PluginManager, event: Event) -> None:
    """Call each observer by itself: one that raises is logged, and changes nothing."""
    for implementation in hooks.hook.limner_observe.get_hookimpls():
        call: Callable[..., object] = implementation.function
        try:
            call(*([event] if implementation.argnames else []))
        except (Exception, SystemExit):
            log.exception("the observer of plugin %s failed", implementation.plugin_name)
