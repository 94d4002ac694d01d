"""Whose turn it is: users take turns, and each user's own jobs keep their order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A job in the queue. `number` grows with time; an interrupted one was begun before and owes nobody a turn."""

    number: int
    user_id: int
    interrupted: bool = False


def line_up(waiting: Iterable[Waiting], turns: Mapping[int, int]) -> list[Waiting]:
    """The order in which these jobs will run.

    `turns` says when each user was last served, as a growing number. Whoever was served least recently is next; among
    those never served, who came first. Interrupted jobs go before all others: their turn has been taken already.
    """
    jobs = sorted(waiting, key=lambda job: job.number)
    ordered = [job for job in jobs if job.interrupted]
    return ordered + _round_robin([job for job in jobs if not job.interrupted], turns)


def _round_robin(jobs: Iterable[Waiting], turns: Mapping[int, int]) -> list[Waiting]:
    lines: dict[int, deque[Waiting]] = defaultdict(deque)
    for job in jobs:
        lines[job.user_id].append(job)
    users = deque(sorted(lines, key=lambda user: (turns.get(user, 0), lines[user][0].number)))
    ordered = []
    while users:
        user = users.popleft()
        ordered.append(lines[user].popleft())
        if lines[user]:
            users.append(user)
    return ordered
