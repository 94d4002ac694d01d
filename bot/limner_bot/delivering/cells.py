"""The cells of a grid below its sheet: menus that show one of them at full size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from limner_bot.queue.records import Image, Job
from limner_bot.words import Words

from .posts import MOST_OPTIONS, Option, Pick

VERB: Final = "gc"
#: Rows that a message has.
MOST_MENUS: Final = 5


def cell_picks(words: Words, job: Job, images: Sequence[Image]) -> tuple[Pick, ...]:
    """Menus of all cells, as many as a message takes."""
    starts = range(0, len(images), MOST_OPTIONS)[:MOST_MENUS]
    pages = [images[start : start + MOST_OPTIONS] for start in starts]
    return tuple(_pick(words, job, page, row, len(pages) > 1) for row, page in enumerate(pages))


def _pick(words: Words, job: Job, page: Sequence[Image], row: int, is_part: bool) -> Pick:
    first, last = page[0].position, page[-1].position
    said = words("cell-pick-part", first=first, last=last) if is_part else words("cell-pick")
    return Pick(said, VERB, (job.id, row), [Option(_label(image), image.id) for image in page], row)


def _label(image: Image) -> str:
    return f"{image.position}. {image.cell}" if image.cell else f"{image.position}."
