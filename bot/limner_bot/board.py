"""What people see while they wait: their place in the queue, then progress with a preview that sharpens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from limner_sdk.messages import Progress

from . import texts
from .doors import Doors, Posted
from .ledger import Ledger
from .posts import Post, Upload, cancel_press
from .progress import LiveMessage
from .records import Job
from .words import Dictionary, Words

#: Only the head of the line is kept up to date; the others learn their place when they come, and when it matters.
MOST_UPDATED: Final = 10
#: So many places are announced at the same time: acknowledging a newcomer is more urgent than any of them.
MOST_AT_ONCE: Final = 4
NEAR_THE_END: Final = 0.93


class Board:
    """One changing message per unfinished job."""

    def __init__(
        self, doors: Doors, ledger: Ledger, dictionary: Dictionary, ready: Callable[[], bool], label: texts.Labels
    ) -> None:
        self._doors, self._ledger, self._dictionary = doors, ledger, dictionary
        self._ready, self._label = ready, label
        self._messages: dict[str, LiveMessage] = {}
        self._shown: dict[str, str] = {}
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)

    async def show_place(self, job: Job) -> None:
        """Show where a waiting job stands, if that has changed."""
        paused = job.guild_id is not None and await self._ledger.paused(job.guild_id)
        ahead = await self._ledger.ahead(job.id)
        if ahead is None and not paused:
            return
        words = self._words(job)
        content = texts.waiting(words, job, ahead, self._label, ready=self._ready(), paused=paused)
        if self._shown.get(job.id) != content:
            self._show(job, Post(content, (), cancel_press(words, job)))

    async def open(self, job: Job) -> Posted:
        """A message of its own for a waiting job. Raises whatever goes wrong."""
        words = self._words(job)
        ahead = await self._ledger.ahead(job.id)
        content = texts.waiting(words, job, ahead, self._label, ready=self._ready(), paused=False)
        return await self._doors.open(job, Post(content, (), cancel_press(words, job)))

    async def refresh(self) -> None:
        """Bring the head of the line up to date."""
        for job_id in (await self._ledger.line())[:MOST_UPDATED]:
            if job_id in self._messages and (job := await self._ledger.job(job_id)):
                await self.show_place(job)

    def show_progress(self, job: Job, progress: Progress) -> None:
        """Show how far a running job is; near its end nothing may stand in the way of the result."""
        if progress.done >= NEAR_THE_END:
            return
        files = (Upload("preview.jpg", progress.preview),) if progress.preview else self._last_preview(job)
        words = self._words(job)
        content = texts.progress(words, job, progress.stage, progress.done, self._label)
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
