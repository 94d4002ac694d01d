"""Gives the worker one job at a time, and decides what its answer, its silence or its death means."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from limner_bot.asking.menu import Menu
from limner_bot.delivering.board import Board
from limner_bot.delivering.outbox import Outbox, patiently
from limner_bot.operating.metrics import Metrics
from limner_bot.pictures.darkroom import Darkroom
from limner_bot.pictures.shelf import DamagedResult, Shelf
from limner_bot.policy.rates_kept import RatesKept
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import MOST_FAILURES, Store
from limner_bot.words import Dictionary, Words
from limner_sdk import DiskFull
from limner_sdk.messages import Cancel, Failed, Finished, FromHost, GridWish, Planned, Progress, Ready, Result, Submit

from .attempt import Gone, Outcome, Run
from .gate import Gate
from .lessons import learn, predicted
from .planner import NoAnswer, Planner
from .plugin_care import PluginCare
from .worker import Worker

log = logging.getLogger(__name__)

CATALOGUE: Final = "catalogue"
#: Seconds that a worker has to stop a cancelled job before it is ended itself.
CANCEL_GRACE: Final = 20.0
_TICK: Final = 0.5


@dataclass(frozen=True)
class Workshop:
    """What a dispatcher works with. `blocked` finds a word in a job's result that must not stand in prompts there."""

    store: Store
    ledger: Ledger
    shelf: Shelf
    menu: Menu
    board: Board
    outbox: Outbox
    dictionary: Dictionary
    darkroom: Darkroom
    gate: Gate
    plugins: PluginCare
    rates: RatesKept
    metrics: Metrics
    blocked: Callable[[Job, Result], str | None] = lambda _job, _result: None


class Dispatcher:
    """The only one who talks to the worker."""

    def __init__(self, workshop: Workshop, job_silence: float) -> None:
        self._shop, self._job_silence = workshop, job_silence
        self._wake, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        #: The attempt at work.
        self.at_work: Run | None = None
        #: The model that the host has most likely in its memory, "" for none.
        self.loaded = ""
        #: How many workers have ended.
        self.losses = 0
        self._worker: Worker | None = None
        #: Asks what requests would cost.
        self.planner = Planner(self._tell)

    def employ(self, worker: Worker) -> None:
        """Use this worker."""
        self._worker = worker

    def _tell(self, message: BaseModel) -> None:
        if not self.ready() or self._worker is None:
            raise NoAnswer
        self._worker.send(message)

    def ready(self) -> bool:
        """Whether there is a worker that can take a job."""
        return self._worker is not None and self._worker.ready

    @property
    def trouble(self) -> str:
        """Why the worker does not get ready, in its own words; "" if it does, or if nobody knows yet."""
        return self._worker.trouble if self._worker is not None else ""

    @property
    def accepting(self) -> bool:
        """Whether jobs are taken and started."""
        return self._shop.gate.is_open

    def require_open(self) -> None:
        """Raise `Refusal` while jobs are not taken."""
        self._shop.gate.require_open()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def cancel(self, job: str) -> None:
        """Stop a running job; the database says already that nobody wants it."""
        if self.at_work is not None and self.at_work.job.id == job and self._worker is not None:
            self._worker.send(Cancel(job=job))
            self.at_work.deadline = min(self.at_work.deadline, time.monotonic() + CANCEL_GRACE)

    def renew_worker(self) -> None:
        """Let the worker finish what it does, and start another one, which has other plugins. Nothing is lost."""
        if self._worker is not None:
            self._worker.drain()

    async def idle(self) -> None:
        """Wait until no job runs."""
        await self._idle.wait()

    async def run(self) -> None:
        """Dispatch for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (job := await self._take()) is not None:
                await self._attempt(job)
                self._idle.set()

    async def hear(self, message: FromHost) -> None:
        """The worker says something; what belongs to an abandoned attempt is void."""
        match message:
            case Ready():
                self._shop.menu.renew(message.catalogue)
                self._shop.darkroom.know(message.catalogue)
                self._shop.metrics.worker_ready.set(1)
                self.wake()
                await self._keep_catalogue(message)
            case Progress() if (run := self._running(message)) is not None:
                run.heard(message)
                if not run.job.cancelled_by:
                    run.deadline = time.monotonic() + self._job_silence
                    self._shop.board.show_progress(run.job, message, run.left)
            case Finished() | Failed() if (run := self._running(message)) is not None:
                run.answer(message)
            case Planned():
                self.planner.hear(message)

    async def lost(self) -> None:
        """The worker is dead."""
        self.planner.lost()
        self.loaded, self.losses = "", self.losses + 1
        self._shop.metrics.worker_ready.set(0)
        self._shop.metrics.worker_restarts.inc()
        if self.at_work is not None:
            self.at_work.answer(Gone())

    async def _take(self) -> Job | None:
        """The job whose turn it is, if it may be started."""
        if not (self.ready() and self._shop.gate.is_open):
            return None
        # From here on somebody who waits for the last job waits for this one.
        self._idle.clear()
        job = await patiently(lambda: self._shop.store.start_next(self.loaded))
        if job is None:
            self._idle.set()
        return job

    async def _keep_catalogue(self, ready: Ready) -> None:
        try:
            await self._shop.store.remember(CATALOGUE, ready.catalogue.model_dump_json())
        except DiskFull as error:
            # It serves suggestions after the next start only.
            log.warning("the catalogue is not kept: %s", error)

    def _running(self, message: Progress | Finished | Failed) -> Run | None:
        run = self.at_work
        return run if run and (run.job.id, run.job.attempt) == (message.job, message.attempt) else None

    async def _attempt(self, job: Job) -> None:
        expected = predicted(self._shop.rates.rates, job.work, job.model)
        run = self.at_work = Run(job, time.monotonic() + self._job_silence, expected)
        self.loaded = job.model or self.loaded
        if job.attempt == 1 and job.started is not None:
            self._shop.metrics.queue_seconds.observe(max(0.0, job.started - job.created))
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
            self.at_work = None
        self._shop.outbox.wake()
        self._shop.board.refresh()

    async def _answered(self, run: Run) -> Outcome:
        job = run.job
        try:
            folder = await asyncio.to_thread(self._shop.shelf.prepare, job.id, goes_on=bool(job.wish))
        except OSError as error:
            log.error("job %s: %s", job.id, error)
            return Failed(job=job.id, attempt=job.attempt, reason="disk", sentence=self._words(job)("disk-full-now"))
        if self._worker is None or not self._worker.ready:
            return Gone(blame=False)
        grid = GridWish.model_validate_json(job.wish) if job.wish else None
        self._worker.send(Submit(job=job.id, attempt=job.attempt, request=job.request, folder=str(folder), grid=grid))
        now = await self._shop.ledger.job(job.id)
        if now is not None and now.cancelled_by:
            self.cancel(job.id)
        self._shop.board.refresh()
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
            case Failed():
                await self._failed(job, outcome, seconds)
            case Gone(blame=False):
                await patiently(lambda: self._shop.store.interrupted(job, blame=False))
                self.wake()
            case _:
                await self._again(job, self._words(job)("job-host-ended"))

    async def _failed(self, job: Job, failed: Failed, seconds: float) -> None:
        log.warning("job %s, attempt %d: %s: %s", job.id, job.attempt, failed.reason, failed.sentence)
        log.info("job %s:\n%s", job.id, failed.details)
        sentence = self._words(job)("disk-full-now") if failed.reason == "disk" else failed.sentence
        if failed.plugin and await self._shop.plugins.failed(failed.plugin, failed.sentence):
            log.error("plugin %s is in quarantine; the worker starts anew without it", failed.plugin)
            sentence = self._words(job)("job-plugin-quarantined", reason=failed.sentence, name=failed.plugin)
            self.renew_worker()
        if failed.reason in ("internal", "cancelled"):
            await self._again(job, sentence)
        else:
            await self._fail(job, sentence, seconds)

    async def _keep(self, job: Job, finished: Finished, seconds: float) -> None:
        if (word := self._shop.blocked(job, finished.result)) is not None:
            # What was typed was checked before; only the host knows what has come of it.
            await self._fail(job, self._words(job)("job-words-blocked", word=word), seconds)
            return
        try:
            await asyncio.to_thread(self._shop.shelf.settle, job.id, finished.result)
        except (DamagedResult, OSError) as error:
            log.error("job %s: the result cannot be used: %s", job.id, error)
            await self._again(job, self._words(job)("job-not-on-disk"))
            return
        if not await patiently(lambda: self._shop.store.rendered(job, finished.result, seconds)):
            await patiently(lambda: self._shop.store.cancelled(job, seconds))
        self._shop.outbox.wake()
        await self._shop.plugins.worked(finished.result)
        await learn(self._shop.rates, job, finished.result, seconds)
        self._shop.metrics.run_seconds.observe(seconds)

    def _words(self, job: Job) -> Words:
        """Only the person reads why a job has failed."""
        return self._shop.dictionary.of(job.personal or job.locale)

    async def _again(self, job: Job, reason: str) -> None:
        attempts = job.failures + 1
        if attempts >= MOST_FAILURES:
            sentence = self._words(job)("job-gave-up", reason=reason, attempts=attempts)
            await self._fail(job, sentence)
        else:
            await patiently(lambda: self._shop.store.interrupted(job, blame=True))
            self.wake()

    async def _fail(self, job: Job, sentence: str, seconds: float = 0.0) -> None:
        """There will be no pictures. What was uploaded stays, for an admin who has the job tried once more."""
        await patiently(lambda: self._shop.store.fail(job, sentence, seconds))
        try:
            await asyncio.to_thread(self._shop.shelf.empty, job.id)
        except OSError as error:
            log.warning("job %s: its files stay until the next start: %s", job.id, error)
