"""Gives the worker one job at a time, and decides what its answer, its silence or its death means."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from limner_sdk import DiskFull
from limner_sdk.messages import Cancel, Failed, Finished, FromHost, Progress, Ready, Submit

from .board import Board
from .darkroom import Darkroom
from .ledger import Ledger
from .menu import Menu
from .outbox import Outbox, patiently
from .records import Job
from .shelf import DamagedResult, Shelf
from .store import MOST_FAILURES, Store
from .words import Dictionary, Words
from .worker import Worker

log = logging.getLogger(__name__)

CATALOGUE: Final = "catalogue"
#: Seconds that a worker has to stop a cancelled job before it is ended itself.
CANCEL_GRACE: Final = 20.0
_TICK: Final = 0.5


@dataclass(frozen=True)
class Gone:
    """The worker has died, with the job; `blame` if the job was begun."""

    blame: bool = True


Outcome: TypeAlias = Finished | Failed | Gone


@dataclass
class Run:
    """One attempt at a job; `deadline` (monotonic seconds) is when its worker counts as stuck."""

    job: Job
    deadline: float
    begun: float = field(default_factory=time.monotonic)
    outcome: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def seconds(self) -> float:
        """How long the host has been busy with it."""
        return time.monotonic() - self.begun

    def answer(self, outcome: Outcome) -> None:
        """It is over; only the first answer counts."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


@dataclass(frozen=True)
class Workshop:
    """What a dispatcher works with."""

    store: Store
    ledger: Ledger
    shelf: Shelf
    menu: Menu
    board: Board
    outbox: Outbox
    dictionary: Dictionary
    darkroom: Darkroom


class Dispatcher:
    """The only one who talks to the worker."""

    def __init__(self, workshop: Workshop, job_silence: float) -> None:
        self._shop, self._job_silence = workshop, job_silence
        self._wake = asyncio.Event()
        self._run: Run | None = None
        #: The model that the host has most likely in its memory.
        self._loaded = ""
        self._worker: Worker | None = None

    def employ(self, worker: Worker) -> None:
        """Use this worker."""
        self._worker = worker

    def ready(self) -> bool:
        """Whether there is a worker that can take a job."""
        return self._worker is not None and self._worker.ready

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def cancel(self, job: str) -> None:
        """Stop a running job; the database says already that nobody wants it."""
        if self._run is not None and self._run.job.id == job and self._worker is not None:
            self._worker.send(Cancel(job=job))
            self._run.deadline = min(self._run.deadline, time.monotonic() + CANCEL_GRACE)

    async def run(self) -> None:
        """Dispatch for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.ready() and (job := await patiently(self._next)) is not None:
                await self._attempt(job)

    async def hear(self, message: FromHost) -> None:
        """The worker says something; what belongs to an abandoned attempt is void."""
        match message:
            case Ready():
                self._shop.menu.renew(message.catalogue)
                self._shop.darkroom.know(message.catalogue)
                self.wake()
                await self._keep_catalogue(message)
            case Progress() if (run := self._running(message)) is not None:
                if not run.job.cancelled_by:
                    run.deadline = time.monotonic() + self._job_silence
                    self._shop.board.show_progress(run.job, message)
            case Finished() | Failed() if (run := self._running(message)) is not None:
                run.answer(message)

    async def lost(self) -> None:
        """The worker is dead."""
        if self._run is not None:
            self._run.answer(Gone())

    async def _next(self) -> Job | None:
        return await self._shop.store.start_next(self._loaded)

    async def _keep_catalogue(self, ready: Ready) -> None:
        try:
            await self._shop.store.remember(CATALOGUE, ready.catalogue.model_dump_json())
        except DiskFull as error:
            # It serves suggestions after the next start only.
            log.warning("the catalogue is not kept: %s", error)

    def _running(self, message: Progress | Finished | Failed) -> Run | None:
        run = self._run
        return run if run and (run.job.id, run.job.attempt) == (message.job, message.attempt) else None

    async def _attempt(self, job: Job) -> None:
        run = self._run = Run(job, time.monotonic() + self._job_silence)
        self._loaded = job.model
        try:
            outcome = await self._answered(run)
            await self._conclude(job, outcome, run.seconds)
        except asyncio.CancelledError:
            # The bot stops; the person's picture does not.
            await asyncio.shield(self._shop.store.interrupted(job, blame=False))
            raise
        except Exception:
            log.exception("job %s, attempt %d came to grief on our side", job.id, job.attempt)
            await self._again(job, self._words(job)("job-accident"))
        finally:
            self._run = None
        self._shop.outbox.wake()
        await self._shop.board.refresh()

    async def _answered(self, run: Run) -> Outcome:
        job = run.job
        try:
            folder = await asyncio.to_thread(self._shop.shelf.prepare, job.id)
        except OSError as error:
            log.error("job %s: %s", job.id, error)
            return Failed(job=job.id, attempt=job.attempt, reason="disk", sentence=self._words(job)("disk-full-now"))
        if self._worker is None or not self._worker.ready:
            return Gone(blame=False)
        self._worker.send(Submit(job=job.id, attempt=job.attempt, request=job.request, folder=str(folder)))
        now = await self._shop.ledger.job(job.id)
        if now is not None and now.cancelled_by:
            self.cancel(job.id)
        await self._shop.board.refresh()
        while not run.outcome.done():
            await asyncio.wait([run.outcome], timeout=_TICK)
            if time.monotonic() > run.deadline and not run.outcome.done():
                log.error("job %s is stuck; its worker is ended", job.id)
                run.deadline = time.monotonic() + self._job_silence
                self._worker.kill()
        return run.outcome.result()

    async def _conclude(self, job: Job, outcome: Outcome, seconds: float) -> None:
        now = await self._shop.ledger.job(job.id)
        wanted = now is None or now.cancelled_by is None
        match outcome:
            case Finished() if wanted:
                await self._keep(job, outcome, seconds)
            case _ if not wanted:
                await patiently(lambda: self._shop.store.cancelled(job, seconds))
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(self._shop.shelf.clear, [job.id], {})
            case Failed(reason="internal" | "cancelled"):
                log.error("job %s, attempt %d: %s\n%s", job.id, job.attempt, outcome.sentence, outcome.details)
                await self._again(job, outcome.sentence)
            case Failed():
                log.warning("job %s: %s: %s\n%s", job.id, outcome.reason, outcome.sentence, outcome.details)
                sentence = self._words(job)("disk-full-now") if outcome.reason == "disk" else outcome.sentence
                await patiently(lambda: self._shop.store.fail(job, sentence, seconds))
            case Gone(blame=False):
                await patiently(lambda: self._shop.store.interrupted(job, blame=False))
                self.wake()
            case _:
                await self._again(job, self._words(job)("job-host-ended"))

    async def _keep(self, job: Job, finished: Finished, seconds: float) -> None:
        try:
            await asyncio.to_thread(self._shop.shelf.settle, job.id, finished.result)
        except (DamagedResult, OSError) as error:
            log.error("job %s: the result cannot be used: %s", job.id, error)
            await self._again(job, self._words(job)("job-not-on-disk"))
            return
        if not await patiently(lambda: self._shop.store.rendered(job, finished.result, seconds)):
            await patiently(lambda: self._shop.store.cancelled(job, seconds))

    def _words(self, job: Job) -> Words:
        return self._shop.dictionary.of(job.locale)

    async def _again(self, job: Job, reason: str) -> None:
        attempts = job.failures + 1
        if attempts >= MOST_FAILURES:
            sentence = self._words(job)("job-gave-up", reason=reason, attempts=attempts)
            await patiently(lambda: self._shop.store.fail(job, sentence))
        else:
            await patiently(lambda: self._shop.store.interrupted(job, blame=True))
            self.wake()
