"""What the message of a job says in the end: its pictures, or why there are none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from limner_bot.asking.menu import Menu
from limner_bot.delivering import texts
from limner_bot.pictures.shelf import DamagedResult
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Image, Job
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped
from limner_bot.words import Dictionary, Words

from .cells import cell_picks
from .entries import job_pick, more_pick
from .parcels import Manner, Packer, Parcel, Unfit
from .posts import Pick, Post, Press, result_presses, single_presses

log = logging.getLogger(__name__)

#: Rows of buttons that a message takes.
_ROWS: Final = 5


@dataclass(frozen=True)
class Outcomes:
    """Builds final messages. `manner` says how the place of a job wants its pictures."""

    ledger: Ledger
    packer: Packer
    menu: Menu
    dictionary: Dictionary
    manner: Callable[[Job], Manner] = lambda _: Manner()

    async def of(self, job: Job, most_bytes: int) -> Post:
        """The final message of a job that is rendered, failed or cancelled, with a file of at most `most_bytes`.

        With 0 bytes there is none, as Discord does not take it.
        """
        words = self.dictionary.of(job.locale)
        if job.state == "cancelled":
            return Post(texts.cancelled(words, job, self.menu.label))
        if job.state == "failed":
            personal = self.dictionary.of(job.personal or job.locale)
            return Post(texts.failed(personal, job, self.menu.label), private=True)
        source = await self.ledger.image(job.source_id) if job.source_id else None
        if job.kind == "single":
            return await self._single(words, job, source, most_bytes)
        images = await self.ledger.images(job.id)
        content = texts.finished(words, job, images, await self._derived(words, job, source), self.menu.label)
        post = Post(content, (), self._presses(words, job, images))
        only = images[0] if len(images) == 1 else None
        return await self._with_file(post, job, (job.id, job.grid), only, most_bytes)

    def plain(self, job: Job) -> Post:
        """What is said if nothing else can be: a word from the database that is no good must hold nobody up."""
        return Post(self.dictionary.of(job.locale)("job-cannot-be-shown", who=f"<@{job.user_id}>"))

    async def _single(self, words: Words, job: Job, source: Image | None, most_bytes: int) -> Post:
        if source is None:
            return Post(words("unknown-picture"))
        content = texts.finished(words, job, [source], await self._derived(words, job, source), self.menu.label)
        presses = single_presses(words, source, self.menu.buttons())
        post = Post(content, (), (*presses, *self._more(words, job, [source])))
        return await self._with_file(post, job, (source.job_id, source.file), source, most_bytes)

    def _presses(self, words: Words, job: Job, images: Sequence[Image]) -> tuple[Press | Pick, ...]:
        if job.kind == "grid":
            cells = cell_picks(words, job, images)
            return cells if len(cells) == _ROWS else (*cells, job_pick(words, job.id, len(cells)))
        return (*result_presses(words, images, self.menu.buttons()), *self._more(words, job, images))

    def _more(self, words: Words, job: Job, images: Sequence[Image]) -> tuple[Pick, ...]:
        """Below the post-processors' rows, which single pictures alone have."""
        pick = more_pick(words, images, self.menu, 2 if len(images) > 1 else 3, job=job.id)
        return (pick,) if pick else ()

    async def _derived(self, words: Words, job: Job, source: Image | None) -> str | None:
        if source is None:
            if job.about:
                return texts.begun(words, texts.relation(job), job.about)
            return words("job-uploaded") if job.kind == "finish" or job.uploads else None
        made_by = await self.ledger.job(source.job_id)
        return texts.derived(words, texts.relation(job), source, made_by.link if made_by else None)

    async def _with_file(
        self, post: Post, job: Job, place: tuple[str, str], image: Image | None, most_bytes: int
    ) -> Post:
        """The post with the file at `place`, a folder and a name; if it must be another one, the original is offered
        where the file is one picture."""
        words, metadata = self.dictionary.of(job.locale), self.manner(job).metadata
        try:
            parcel = await self.packer.pack(*place, f"limner-{job.id}", most_bytes, metadata=metadata)
        except (OSError, DamagedResult) as error:
            log.error("job %s: %s", job.id, error)
            return _saying(post, words("file-missing"))
        except Unfit as error:
            why = texts.too_large(words, error.bytes, most_bytes) if most_bytes else words("job-file-refused")
            return _offering(words, _saying(post, why), image)
        shown = replace(post, files=(parcel.upload,))
        if not parcel.changed:
            return shown
        return _offering(words, _saying(shown, _told(words, parcel, most_bytes)), image)


def _saying(post: Post, sentence: str) -> Post:
    """The post with a sentence more; what stands above it makes room."""
    return replace(post, content=f"{clipped(post.content, LONGEST_MESSAGE - 2 * len(sentence) - 1)}\n{sentence}")


def _told(words: Words, parcel: Parcel, most_bytes: int) -> str:
    key = "job-shown-as" if parcel.lossless else "job-shown-with-loss"
    size, limit = (f"{count / 2**20:.1f}" for count in (parcel.bytes, most_bytes))
    return words(key, format={"WEBP": "WebP"}.get(parcel.kind, parcel.kind), size=size, limit=limit)


def _offering(words: Words, post: Post, image: Image | None) -> Post:
    row = 1 + max((press.row for press in post.presses), default=-1)
    if image is None or row >= _ROWS:
        return post
    return replace(post, presses=(*post.presses, Press(words("button-original"), "o", (image.id,), row)))
