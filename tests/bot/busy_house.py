"""A simulated house with one GPU: people ask for jobs, and the fair line decides who is next, or who came first."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from limner_bot.queue.fairness import Accounts, Waiting, after, corrected, first, rested


class Ask(NamedTuple):
    """A job that somebody asks for: what it is thought to take, and what it takes, in seconds of the GPU."""

    user_id: int
    predicted: float
    takes: float
    weight: float = 1.0
    model: str = ""


class Done(NamedTuple):
    """A job that was asked for and is over; times are seconds of the simulation."""

    ask: Ask
    asked: float
    started: float


@dataclass
class House:
    """Its clock, its line and its accounts; `refund` tells what a job's owner is charged in the end."""

    fifo: bool = False
    refund: Callable[[Ask], float] = lambda ask: ask.takes
    now: float = 0.0
    loaded: str = ""
    accounts: Accounts = field(default_factory=lambda: Accounts({}, 0.0))
    done: list[Done] = field(default_factory=list)
    _number: int = 0
    _ties: Iterator[int] = field(default_factory=itertools.count)
    _coming: list[tuple[float, int, Ask]] = field(default_factory=list)
    _lines: dict[int, deque[tuple[Waiting, float, Ask]]] = field(default_factory=lambda: defaultdict(deque))

    def ask(self, *asks: Ask, at: float | None = None) -> None:
        """Somebody asks for jobs, now or later."""
        for ask in asks:
            heappush(self._coming, (self.now if at is None else at, next(self._ties), ask))

    def cancel(self, user_id: int) -> None:
        """Somebody wants none of their waiting jobs any more."""
        self._lines.pop(user_id, None)

    def serve(self) -> Done | None:
        """Do the next job; None if nobody will ask any more."""
        self._arrive()
        if not self._lines:
            if not self._coming:
                return None
            self.now, self.accounts = self._coming[0][0], rested(self.accounts)
            self._arrive()
        heads = [line[0][0] for line in self._lines.values()]
        job = min(heads) if self.fifo else first(heads, self.accounts, self.loaded)
        assert job is not None
        return self._do(job, heads)

    def run(self, until: float) -> None:
        """Work until then."""
        while self.now < until and self.serve() is not None:
            pass

    def seconds_of(self, user_id: int, since: float = 0.0) -> float:
        """What somebody has had of the GPU."""
        return sum(done.ask.takes for done in self.done if done.ask.user_id == user_id and done.started >= since)

    def waits_of(self, user_id: int) -> list[float]:
        """How long each job of somebody has waited for its start."""
        return [done.started - done.asked for done in self.done if done.ask.user_id == user_id]

    def _arrive(self) -> None:
        while self._coming and self._coming[0][0] <= self.now:
            at, _, ask = heappop(self._coming)
            self._number += 1
            waiting = Waiting(self._number, ask.user_id, ask.predicted, ask.weight, ask.model)
            self._lines[ask.user_id].append((waiting, at, ask))

    def _do(self, job: Waiting, heads: list[Waiting]) -> Done:
        line = self._lines[job.user_id]
        _, asked, ask = line.popleft()
        if not line:
            del self._lines[job.user_id]
        self.accounts = after(job, self.accounts, heads)
        done = Done(ask, asked, self.now)
        self.done.append(done)
        self.now += ask.takes
        self.loaded = job.model or self.loaded
        self.accounts = corrected(job, self.refund(ask), self.accounts)
        return done
