"""Brings every outcome into Discord exactly once: what the database says is untold is told until it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from limner_sdk import DiskFull

from .board import Board
from .doors import Doors, Nowhere
from .ledger import Ledger
from .outcomes import Outcomes
from .pings import Pings
from .records import Job
from .store import Store

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 8
PAUSE: Final = 5.0

T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What `call` returns, as soon as the disk has room for it: what has happened must not be forgotten."""
    pause = 1.0
    while True:
        try:
            return await call()
        except DiskFull as error:
            log.error("%s; another try in %.0f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 30.0)


class Outbox:
    """Posts what is rendered, failed or cancelled."""

    def __init__(
        self, store: Store, ledger: Ledger, outcomes: Outcomes, doors: Doors, board: Board, pings: Pings
    ) -> None:
        self._store, self._ledger, self._outcomes = store, ledger, outcomes
        self._doors, self._board, self._pings = doors, board, pings
        self._news = asyncio.Event()
        self._busy: set[str] = set()
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)

    def wake(self) -> None:
        """Something has come to its end."""
        self._news.set()

    async def run(self) -> None:
        """Post for ever."""
        async with asyncio.TaskGroup() as posting:
            while True:
                self._news.clear()
                for job in await self._ledger.untold():
                    if job not in self._busy:
                        self._busy.add(job)
                        posting.create_task(self._post(job))
                await self._news.wait()

    async def _post(self, job_id: str) -> None:
        try:
            async with self._gate:
                if (job := await self._ledger.job(job_id)) is not None:
                    await self._tell(job)
        except Exception:
            log.exception("job %s could not be posted; another try in %.0f s", job_id, PAUSE)
            await asyncio.sleep(PAUSE)
            self.wake()
        finally:
            self._busy.discard(job_id)

    async def _tell(self, job: Job) -> None:
        post = await self._outcomes.of(job)
        await self._board.close(job.id)
        await self._doors.arrivals.settled(job.id)
        # The message's id may have become known while we waited.
        job = await self._ledger.job(job.id) or job
        try:
            posted = await self._doors.deliver(job, post)
        except Nowhere:
            log.error("job %s can be posted nowhere", job.id)
            words = self._outcomes.dictionary.of(job.locale)
            await patiently(lambda: self._store.undeliverable(job.id, words("job-undeliverable")))
            return
        if job.state == "rendered":
            await patiently(lambda: self._store.delivered(job, posted.message_id, posted.channel_id, posted.direct))
            await self._pings.after(job, posted.message_id)
        else:
            await patiently(lambda: self._store.told(job.id))
