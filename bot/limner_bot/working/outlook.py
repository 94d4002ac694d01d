"""When each waiting job will begin and be done: one look at the line for all who ask at about the same time."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from limner_bot.queue.costs import Rates
from limner_bot.queue.database import Database
from limner_bot.queue.line import ACCOUNTS, CLOCK_SQL, HELD, LINE, accounts_of, in_line

from .attempt import Run
from .lessons import predicted

_PAUSED: Final = "SELECT guild_id FROM pauses"
_RUNNING: Final = "SELECT count(*) AS jobs FROM jobs WHERE state = 'running'"
#: Of the time that a look takes, how long nobody looks after it.
_REST: Final = 3.0


class Host(Protocol):
    """What there is to know about the worker."""

    loaded: str
    at_work: Run | None

    @property
    def accepting(self) -> bool:
        """Whether jobs are taken and started."""

    def ready(self) -> bool:
        """Whether it can take a job."""


@dataclass(frozen=True)
class Place:
    """A waiting job's place: how many jobs run before it, and seconds until it begins and is done (None: unknown)."""

    ahead: int
    begins: float | None
    done: float | None


@dataclass(frozen=True)
class View:
    """The line at one moment: places by job in the order in which they will run, and paused servers (0 is all).

    Jobs of paused servers come last, in their own order.
    """

    places: Mapping[str, Place]
    paused: frozenset[int]
    ready: bool

    def is_paused(self, guild_id: int | None) -> bool:
        """Whether a server's jobs are not started, or anybody's."""
        return bool(self.paused & {0, guild_id or 0})


class Outlook:
    """Looks at the line. A thousand who ask at once get the same view, of a moment after they asked."""

    def __init__(self, database: Database, host: Callable[[], Host], rates: Callable[[], Rates]) -> None:
        self._database, self._host, self._rates = database, host, rates
        self._coming: asyncio.Task[View] | None = None
        self._free_at = 0.0

    async def view(self) -> View:
        """The line, with everything in it that was committed before this call."""
        if self._coming is None:
            self._coming = asyncio.create_task(self._look())
        return await asyncio.shield(self._coming)

    async def _look(self) -> View:
        # Those who come while the rows are being read get the next view.
        await asyncio.sleep(max(0.0, self._free_at - time.monotonic()))
        self._coming = None
        begun = time.monotonic()
        view = await self._read()
        now = time.monotonic()
        self._free_at = now + _REST * (now - begun)
        return view

    async def _read(self) -> View:
        rows, held = await self._database.rows(LINE), await self._database.rows(HELD)
        accounts, clock = await self._database.rows(ACCOUNTS), await self._database.rows(CLOCK_SQL)
        paused = frozenset(row["guild_id"] for row in await self._database.rows(_PAUSED))
        running = (await self._database.rows(_RUNNING))[0]["jobs"]
        host, rates = self._host(), self._rates()
        paused |= frozenset[int]() if host.accepting else {0}
        left = _left(host, bool(running)) if host.accepting else None
        lined = await asyncio.to_thread(_lined, rows, accounts, clock, host.loaded)
        last = await asyncio.to_thread(_lined, held, accounts, clock, host.loaded)
        places = _places(lined, rates, running, left, host.loaded)
        # When they will begin, nobody knows.
        places |= _places(last, rates, running + len(lined), None, host.loaded)
        return View(places, paused, host.ready())


def _left(host: Host, is_running: bool) -> float | None:
    """Seconds until the worker is free; None if nobody can say."""
    if host.at_work is not None:
        return host.at_work.left
    return 0.0 if host.ready() and not is_running else None


def _lined(
    rows: Sequence[sqlite3.Row], accounts: Sequence[sqlite3.Row], clock: Sequence[sqlite3.Row], loaded: str
) -> list[sqlite3.Row]:
    by_id = {str(row["id"]): row for row in rows}
    return [by_id[job] for job in in_line(rows, accounts_of(accounts, clock), loaded)]


def _places(
    lined: Sequence[sqlite3.Row], rates: Rates, running: int, begins: float | None, loaded: str
) -> dict[str, Place]:
    places = {}
    for ahead, row in enumerate(lined, start=running):
        seconds = predicted(rates, row["work"], row["model"])
        if seconds is not None and row["model"] not in ("", loaded):
            seconds += rates.load
        loaded = row["model"] or loaded
        done = None if begins is None or seconds is None else begins + seconds
        places[str(row["id"])] = Place(ahead, begins, done)
        begins = done
    return places
