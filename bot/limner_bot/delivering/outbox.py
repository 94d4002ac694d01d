"""Brings every outcome into Discord exactly once: what the database says is untold is told until it is."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store
from limner_sdk import DiskFull

from .board import Board
from .doors import Doors, Nowhere, TokenRevoked
from .outcomes import Outcomes
from .pings import Pings
from .posts import Post

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 8
PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 300.0
#: How often a job is tried before its message is only a sentence.
MOST_TRIES: Final = 3

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
        self._failures: Counter[str] = Counter()
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)

    def wake(self) -> None:
        """Something has come to its end."""
        self._news.set()

    async def run(self) -> None:
        """Post for ever. Raises `TokenRevoked`."""
        try:
            await self._run()
        except BaseExceptionGroup as group:
            revoked, _ = group.split(TokenRevoked)
            raise _first(revoked or group) from None

    async def _run(self) -> None:
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
            del self._failures[job_id]
        except TokenRevoked:
            raise
        except Exception:
            self._failures[job_id] += 1
            pause = min(PAUSE * 2 ** (self._failures[job_id] - 1), LONGEST_PAUSE)
            log.exception("job %s could not be posted; another try in %.0f s", job_id, pause)
            await asyncio.sleep(pause)
            self.wake()
        finally:
            self._busy.discard(job_id)

    async def _tell(self, job: Job) -> None:
        await self._board.close(job.id)
        await self._doors.arrivals.settled(job.id)
        # The message's id may have become known while we waited, and somebody may want it once more.
        job = await self._ledger.job(job.id) or job
        if not job.is_untold:
            return
        try:
            posted = await self._doors.deliver(job, partial(self._composed, job))
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

    async def _composed(self, job: Job, most_bytes: int) -> Post:
        if self._failures[job.id] >= MOST_TRIES:
            return self._outcomes.plain(job)
        return await self._outcomes.of(job, most_bytes)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of the errors that have ended the posting."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
