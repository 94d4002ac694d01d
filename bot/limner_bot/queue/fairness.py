"""Whose turn it is: users share the GPU's seconds by their weights, whatever their jobs cost and however many wait.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). Each user has a virtual finish time; a job starts there,
or at the present virtual clock if that is later, and finishes its seconds over its weight later. The job with the least
virtual start is next. Whoever always has jobs waiting gets their share, and whoever was away has saved up nothing.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

#: GPU seconds that loading a model costs, and that a job may be kept waiting to save one.
SLACK: Final = 10.0
#: What a prediction or a measurement may be, in seconds; anything else is the error of a clock.
_LEAST_SECONDS, _MOST_SECONDS = 0.001, 86400.0
_LEAST_WEIGHT: Final = 0.001


class Waiting(NamedTuple):
    """A job in the queue. `number` grows with time; `cost` is what it is thought to take, in GPU seconds.

    `weight` is the user's share of the GPU beside others'. An `interrupted` job was begun before and is paid for. An
    admin has `moved` those above 0 to the front and those below 0 to the back; the greatest is the very first.
    """

    number: int
    user_id: int
    cost: float
    weight: float = 1.0
    model: str = ""
    interrupted: bool = False
    moved: int = 0


class Detour(NamedTuple):
    """Seconds of jobs that went ahead for their model's sake; `start` and `number` are the last such place in line."""

    passed: float = 0.0
    start: float = 0.0
    number: int = 0


_NO_DETOUR: Final = Detour()


@dataclass(frozen=True)
class Accounts:
    """What is remembered between two turns; a user's place is settled by what they were `served`.

    `served` is each user's virtual finish time, in GPU seconds over weight, `clock` the least virtual start at the last
    turn, and `detour` what the loaded model's jobs were let ahead since.
    """

    served: Mapping[int, float]
    clock: float
    detour: Detour = _NO_DETOUR

    def start_of(self, user_id: int) -> float:
        """The virtual start of this user's next job."""
        return max(self.clock, self.served.get(user_id, self.clock))


_Head: TypeAlias = tuple[float, int, Waiting]


def line_up(
    waiting: Iterable[Waiting],
    accounts: Accounts,
    loaded: str = "",
    most: int | None = None,
    slack: float = SLACK,
) -> list[Waiting]:
    """The order in which these jobs will run if nothing comes between; `most` stops early.

    Interrupted jobs go first, as their turn was taken already, then those that an admin has moved to the front, then
    the fair order, in which each user's own jobs keep theirs, and last those that were moved to the back.

    In the fair order a job for the `loaded` model may go ahead of the one whose turn it is, if its virtual start is
    not more than `slack` later. No job waits more than `slack` GPU seconds longer for that, all in all.
    """
    return list(islice(_ordered(waiting, accounts, loaded, slack), most))


def first(waiting: Iterable[Waiting], accounts: Accounts, loaded: str = "", slack: float = SLACK) -> Waiting | None:
    """The job that is next, if there is one. Each user's first fair job and all moved or interrupted ones suffice."""
    return next(_ordered(waiting, accounts, loaded, slack), None)


def after(job: Waiting, accounts: Accounts, waiting: Iterable[Waiting]) -> Accounts:
    """The accounts once `job` has started, which `first` has chosen among those `waiting`.

    New are `served` of the job's user, the `clock` and the `detour`. An interrupted job has been paid for already.
    """
    jobs = list(waiting)
    least = min(_heads(filter(_is_fair, jobs), accounts) or _heads(jobs, accounts), default=_head(job, accounts))
    finish = accounts.start_of(job.user_id) + (0.0 if job.interrupted else _length(job))
    detour = _after_detour(accounts.detour, least, _head(job, accounts)) if _is_fair(job) else accounts.detour
    return Accounts({**accounts.served, job.user_id: finish}, max(accounts.clock, least[0]), detour)


def corrected(job: Waiting, measured: float, accounts: Accounts) -> Accounts:
    """The accounts once `job`, which was thought to take its `cost`, has taken `measured` seconds of the GPU.

    What failed or was cancelled is paid for as far as it came: what failed at once is refunded, and nobody wins
    seconds by failing late. For what was not the user's fault, such as a dead worker, `measured` is 0.
    """
    surplus = min(max(0.0, measured), _MOST_SECONDS) - _seconds(job.cost)
    finish = accounts.served.get(job.user_id, accounts.clock) + surplus / max(_LEAST_WEIGHT, job.weight)
    return replace(accounts, served={**accounts.served, job.user_id: finish})


def rested(accounts: Accounts) -> Accounts:
    """The accounts once nothing waits and nothing runs: all are even again, and nobody need be remembered."""
    return Accounts({}, max([accounts.clock, *accounts.served.values()]))


def _ordered(waiting: Iterable[Waiting], accounts: Accounts, loaded: str, slack: float) -> Iterator[Waiting]:
    jobs = sorted(waiting)
    served = dict(accounts.served)
    for job in sorted((job for job in jobs if job.interrupted or job.moved > 0), key=_favour):
        yield job
        loaded = job.model or loaded
        if not job.interrupted:
            served[job.user_id] = max(accounts.clock, served.get(job.user_id, accounts.clock)) + _length(job)
    yield from _Line(filter(_is_fair, jobs), replace(accounts, served=served)).turns(loaded, slack)
    yield from sorted((job for job in jobs if job.moved < 0 and not job.interrupted), key=_favour)


class _Line:
    """The fair part of the line, while its turns are taken: everybody's next job, by virtual start."""

    def __init__(self, jobs: Iterable[Waiting], accounts: Accounts) -> None:
        self._detour = accounts.detour
        self._own: dict[int, deque[Waiting]] = defaultdict(deque)
        self._all: list[_Head] = []
        self._of_model: dict[str, list[_Head]] = defaultdict(list)
        self._gone: set[int] = set()
        for job in jobs:
            self._own[job.user_id].append(job)
        for user, line in self._own.items():
            self._enter(accounts.start_of(user), line.popleft())

    def turns(self, loaded: str, slack: float) -> Iterator[Waiting]:
        """The jobs in their order; each leaves the line once the next one is asked for."""
        while (least := self._least(self._all)) is not None:
            near = self._least(self._of_model[loaded]) if loaded else None
            head = near if near and _may_pass(self._detour, least, near, slack) else least
            yield head[2]
            self._detour = _after_detour(self._detour, least, head)
            self._leave(head)
            loaded = head[2].model or loaded

    def _enter(self, start: float, job: Waiting) -> None:
        head = (start, job.number, job)
        heappush(self._all, head)
        heappush(self._of_model[job.model], head)

    def _leave(self, head: _Head) -> None:
        start, number, job = head
        self._gone.add(number)
        if line := self._own[job.user_id]:
            self._enter(start + _length(job), line.popleft())

    def _least(self, heads: list[_Head]) -> _Head | None:
        # Each head lies in two heaps, and leaves the other one when it comes to its top.
        while heads and heads[0][1] in self._gone:
            heappop(heads)
        return heads[0] if heads else None


def _may_pass(detour: Detour, least: _Head, other: _Head, slack: float) -> bool:
    """Whether `other` may go before `least`, whose turn it is."""
    passed = _since(detour, least).passed
    return other[0] - least[0] <= slack and passed + _seconds(other[2].cost) <= slack


def _after_detour(detour: Detour, least: _Head, started: _Head) -> Detour:
    detour = _since(detour, least)
    if started[:2] <= least[:2]:
        return detour
    return Detour(detour.passed + _seconds(started[2].cost), *max(detour[1:], started[:2]))


def _since(detour: Detour, least: _Head) -> Detour:
    """The detour as long as anybody waits who was passed on it: all of them stood before its last place in line."""
    return detour if least[:2] < detour[1:] else _NO_DETOUR


def _heads(jobs: Iterable[Waiting], accounts: Accounts) -> Sequence[_Head]:
    """Each user's first job, with its virtual start."""
    own: dict[int, Waiting] = {}
    for job in jobs:
        if job.user_id not in own or job.number < own[job.user_id].number:
            own[job.user_id] = job
    return [_head(job, accounts) for job in own.values()]


def _head(job: Waiting, accounts: Accounts) -> _Head:
    return accounts.start_of(job.user_id), job.number, job


def _is_fair(job: Waiting) -> bool:
    return not job.interrupted and not job.moved


def _favour(job: Waiting) -> tuple[bool, int, int]:
    return not job.interrupted, -job.moved, job.number


def _length(job: Waiting) -> float:
    """How much virtual time a job takes."""
    return _seconds(job.cost) / max(_LEAST_WEIGHT, job.weight)


def _seconds(predicted: float) -> float:
    return min(max(_LEAST_SECONDS, predicted), _MOST_SECONDS)
