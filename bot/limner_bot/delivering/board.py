"""What people see while they wait: their place in the queue, then progress with a preview that sharpens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Final

from limner_bot.delivering import texts
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.words import Dictionary, Words
from limner_bot.working.outlook import Outlook, View
from limner_sdk.messages import Progress

from .doors import Doors, Posted
from .posts import Post, Upload, cancel_press
from .progress import LiveMessage

#: Only the head of the line is kept up to date; the others learn their place when they come, and when it matters.
MOST_UPDATED: Final = 10
#: Seconds after which times are told anew, though nothing has begun or ended.
EVERY_SECONDS: Final = 15.0
#: So many places are announced at the same time: acknowledging a newcomer is more urgent than any of them.
MOST_AT_ONCE: Final = 4
NEAR_THE_END: Final = 0.93


class Board:
    """One changing message per unfinished job."""

    def __init__(
        self, doors: Doors, ledger: Ledger, dictionary: Dictionary, outlook: Outlook, label: texts.Labels
    ) -> None:
        self._doors, self._ledger, self._dictionary = doors, ledger, dictionary
        self._outlook, self._label = outlook, label
        self._messages: dict[str, LiveMessage] = {}
        self._shown: dict[str, str] = {}
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)
        self._moved = asyncio.Event()

    async def show_place(self, job: Job) -> None:
        """Show where a waiting job stands, if that has changed."""
        await self.show_places([job])

    async def show_places(self, jobs: Iterable[Job]) -> None:
        """The same for several jobs."""
        view = await self._outlook.view()
        for job in jobs:
            await self._renew(job.id, view)

    async def _renew(self, job_id: str, view: View) -> None:
        # Nothing may come between this look and the showing: what has begun or ended since shows something else.
        job = await self._ledger.job(job_id)
        content = self._place(job, view) if job is not None and job.state == "queued" else ""
        if job is not None and content and self._shown.get(job_id) != content:
            self._show(job, Post(content, (), cancel_press(self._words(job), job)))

    def _place(self, job: Job, view: View) -> str:
        """What a waiting job's message says; "" if it does not wait any more."""
        paused, place = view.is_paused(job.guild_id), view.places.get(job.id)
        if place is None and not paused:
            return ""
        ahead, seconds = (place.ahead, place.done or 0.0) if place else (None, 0.0)
        words = self._words(job)
        return texts.waiting(words, job, ahead, self._label, ready=view.ready, paused=paused, seconds=seconds)

    async def open(self, job: Job) -> Posted:
        """A message of its own for a waiting job. Raises whatever goes wrong."""
        words, view = self._words(job), await self._outlook.view()
        content = self._place(job, view) or texts.waiting(words, job, None, self._label, ready=view.ready, paused=False)
        return await self._doors.open(job, Post(content, (), cancel_press(words, job)))

    def refresh(self) -> None:
        """The line has moved: bring its head up to date soon."""
        self._moved.set()

    async def run(self) -> None:
        """Keep the head of the line up to date for ever."""
        while True:
            try:
                await asyncio.wait_for(self._moved.wait(), EVERY_SECONDS)
            except TimeoutError:
                # Nothing has moved but the time.
                if not self._messages:
                    continue
            self._moved.clear()
            await self._refresh()

    async def _refresh(self) -> None:
        view = await self._outlook.view()
        for job_id in islice(view.places, MOST_UPDATED):
            if job_id in self._messages:
                await self._renew(job_id, view)

    def show_progress(self, job: Job, progress: Progress, seconds: float | None = None) -> None:
        """Show how far a running job is and how long it still takes; near its end nothing may stand in the way of the
        result."""
        if progress.done >= NEAR_THE_END:
            return
        files = (Upload("preview.jpg", progress.preview),) if progress.preview else self._last_preview(job)
        words = self._words(job)
        content = texts.progress(words, job, progress.stage, progress.done, self._label, seconds or 0.0)
        self._show(job, Post(content, files, cancel_press(words, job)))

    async def close(self, job: str) -> None:
        """Show nothing more for this job; whatever is under way has arrived when this returns."""
        self._shown.pop(job, None)
        if (message := self._messages.pop(job, None)) is not None:
            await message.close()

    async def close_all(self) -> None:
        """Show nothing more at all."""
        await asyncio.gather(*(self.close(job) for job in list(self._messages)))

    def _show(self, job: Job, post: Post) -> None:
        async def edit(latest: Post) -> None:
            async with self._gate:
                await self._doors.refresh(job, latest)

        self._shown[job.id] = post.content
        if job.id not in self._messages:
            self._messages[job.id] = LiveMessage(edit)
        self._messages[job.id].show(post)

    def _words(self, job: Job) -> Words:
        return self._dictionary.of(job.locale)

    def _last_preview(self, job: Job) -> tuple[Upload, ...]:
        message = self._messages.get(job.id)
        return message.last_files if message else ()
