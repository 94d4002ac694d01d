"""What the message of a job says in the end: its pictures, or why there are none."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from . import texts
from .cells import cell_picks
from .ledger import Ledger
from .menu import Menu
from .posts import Post, Upload, result_presses, single_presses
from .records import Image, Job
from .shelf import DamagedResult, Shelf
from .words import Dictionary, Words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcomes:
    """Builds final messages."""

    ledger: Ledger
    shelf: Shelf
    menu: Menu
    dictionary: Dictionary

    async def of(self, job: Job) -> Post:
        """The final message of a job that is rendered, failed or cancelled."""
        words = self.dictionary.of(job.locale)
        if job.state == "cancelled":
            return Post(texts.cancelled(words, job, self.menu.label))
        if job.state == "failed":
            return Post(texts.failed(words, job, self.menu.label), private=True)
        source = await self.ledger.image(job.source_id) if job.source_id else None
        if job.kind == "single":
            return await self._single(words, job, source)
        images = await self.ledger.images(job.id)
        content = texts.finished(words, job, images, await self._derived(words, job, source), self.menu.label)
        if job.kind == "grid":
            return await self._with_file(Post(content, (), cell_picks(words, job, images)), job, job.id, job.grid)
        presses = result_presses(words, images, self.menu.buttons())
        return await self._with_file(Post(content, (), presses), job, job.id, job.grid)

    async def _single(self, words: Words, job: Job, source: Image | None) -> Post:
        if source is None:
            return Post(words("unknown-picture"))
        content = texts.finished(words, job, [source], await self._derived(words, job, source), self.menu.label)
        presses = single_presses(words, source, self.menu.buttons())
        return await self._with_file(Post(content, (), presses), job, source.job_id, source.file)

    async def _derived(self, words: Words, job: Job, source: Image | None) -> str | None:
        if source is None:
            return words("job-uploaded") if job.kind == "finish" else None
        made_by = await self.ledger.job(source.job_id)
        return texts.derived(words, job.kind, source, made_by.link if made_by else None)

    async def _with_file(self, post: Post, job: Job, folder: str, file: str) -> Post:
        try:
            data = await asyncio.to_thread(self.shelf.read, folder, file)
        except (OSError, DamagedResult) as error:
            log.error("job %s: %s", job.id, error)
            return post.without_files(self.dictionary.of(job.locale)("file-missing"))
        if len(data) > job.size_limit:
            return post.without_files(texts.too_large(self.dictionary.of(job.locale), len(data), job.size_limit))
        return Post(post.content, (Upload(f"limner-{job.id}.png", data),), post.presses)
