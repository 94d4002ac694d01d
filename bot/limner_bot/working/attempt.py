"""One attempt at a job as the worker tells of it: how far it is, how long it still takes, and how it ended."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import TypeAlias

from limner_bot.queue.costs import Running
from limner_bot.queue.records import Job
from limner_sdk.messages import Failed, Finished, Progress

#: Its own speed says something once it has come so far, and has taken so many seconds for that.
_LEAST_DONE, _LEAST_SECONDS = 0.05, 1.0
#: Seconds over which new measurements take the place of what was told before, and the weight of one at most.
_SETTLING, _MOST_WEIGHT = 8.0, 0.25


@dataclass(frozen=True)
class Gone:
    """The worker has died, with the job; `blame` if the job was begun."""

    blame: bool = True


Outcome: TypeAlias = Finished | Failed | Gone


class Countdown:
    """Seconds that are left, as they are told: they follow what is measured slowly, so that they never jump."""

    def __init__(self) -> None:
        self._left: float | None = None
        self._told_at = 0.0

    def measured(self, left: float, now: float) -> None:
        """At this moment it seems that `left` seconds are left."""
        if (expected := self.left(now)) is None:
            self._left = left
        else:
            share = min(_MOST_WEIGHT, 1 - math.exp(-(now - self._told_at) / _SETTLING))
            self._left = expected + share * (left - expected)
        self._told_at = now

    def left(self, now: float) -> float | None:
        """Seconds that are left now; None before the first measurement."""
        return None if self._left is None else max(0.0, self._left - (now - self._told_at))


@dataclass
class Run:
    """One attempt at a job.

    `deadline` (monotonic seconds) is when its worker counts as stuck, `predicted` how many seconds it should take if
    that is known.
    """

    job: Job
    deadline: float
    predicted: float | None = None
    begun: float = field(default_factory=time.monotonic)
    outcome: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    done: float = 0.0
    stage: str = ""
    _first: tuple[float, float] | None = None
    _countdown: Countdown = field(default_factory=Countdown)

    @property
    def seconds(self) -> float:
        """How long the host has been busy with it."""
        return time.monotonic() - self.begun

    @property
    def left(self) -> float | None:
        """Seconds until it is done; None if nobody can say."""
        told = self._countdown.left(time.monotonic())
        return told if told is not None or self.predicted is None else max(0.0, self.predicted - self.seconds)

    def heard(self, progress: Progress) -> None:
        """The worker has come so far."""
        now = time.monotonic()
        self.done, self.stage = max(self.done, progress.done), progress.stage
        # What it takes to load a model, before the first progress, says nothing of the rest.
        self._first = self._first or (now, self.done)
        total = self._total(now)
        if total is not None:
            predicted = total if self.predicted is None else self.predicted
            self._countdown.measured(Running(predicted, self.done, self.done * total).left, now)

    def _total(self, now: float) -> float | None:
        """Seconds that the whole job takes at its own speed, or else as predicted; None if neither is known."""
        moment, share = self._first or (now, self.done)
        if self.done - share < _LEAST_DONE or now - moment < _LEAST_SECONDS:
            return self.predicted
        return (now - moment) / (self.done - share)

    def answer(self, outcome: Outcome) -> None:
        """It is over; only the first answer counts."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)
