"""What the menu "More…" below pictures holds: each entry is an action, written as the end of its custom_id."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Final

from limner_bot.asking.finishing import offerable
from limner_bot.asking.menu import Menu, drawn
from limner_bot.queue.records import Image
from limner_bot.talking.actions import LONGEST, PREFIX
from limner_bot.words import Words
from limner_sdk import StageEntry

from .posts import MOST_OPTIONS, Option, Pick

log = logging.getLogger(__name__)

#: The verb of what was chosen, of the next page, and of the form that a post-processor's own form sends.
RUN, PAGE, SENT = "m", "mm", "pfs"
_ZOOMS: Final = ("1.5", "2", "custom")
_SIDES: Final = ("left", "right", "up", "down")
#: Options of a page that is not the last one: one leads on.
_PER_PAGE: Final = MOST_OPTIONS - 1


def more_pick(
    words: Words, images: Sequence[Image], menu: Menu, row: int, *, job: str = "", page: int = 0
) -> Pick | None:
    """One page of all that can be done with these pictures of one message; None if there is nothing there.

    `job` is the one whose message it is, if that is another one than the job that made the pictures.
    """
    if not images:
        return None
    job = job or images[0].job_id
    every = list(_entries(words, images, menu, job))
    shown = every if len(every) <= MOST_OPTIONS else every[page * _PER_PAGE : (page + 1) * _PER_PAGE]
    if len(every) > MOST_OPTIONS and (page + 1) * _PER_PAGE < len(every):
        shown.append(Option(words("more-more"), f"{PAGE}:{images[0].id}:{len(images)}:{page + 1}:{job}"))
    return Pick(words("more-more"), RUN, (images[0].id, len(images), page), shown, row) if shown else None


def job_pick(words: Words, job: str, row: int) -> Pick:
    """What can be done with a whole message, such as a grid's sheet, whose pictures have menus of their own."""
    return Pick(words("more-more"), RUN, (job, 1, 0), list(_of_job(words, job)), row)


def _entries(words: Words, images: Sequence[Image], menu: Menu, job: str) -> Iterator[Option]:
    first = images[0]
    if len(images) == 1:
        yield from _around(words, first)
    else:
        yield from (
            Option(words("more-strong", number=image.position), f"vs:{image.id}")
            for image in images
            if drawn(image.recipe)
        )
    yield from _finishers(images, menu)
    if len(images) == 1 and first.recipe.finished is not None and first.recipe.postprocess:
        yield Option(words("more-edit"), f"pe:{first.job_id}")
    yield from _keeping(words, images, job)


def _around(words: Words, image: Image) -> Iterator[Option]:
    """What draws on beyond the edges of a picture, or a part of it; that needs to know what it shows."""
    if not image.recipe.prompt.strip():
        return
    yield from (Option(words("more-zoom", factor=factor), f"z:{image.id}:{factor}") for factor in _ZOOMS)
    yield from (Option(words("more-pan", side=side), f"n:{image.id}:{side}") for side in _SIDES)
    yield Option(words("more-square"), f"q:{image.id}")
    yield Option(words("more-region"), f"g:{image.id}", words("more-region-help"))


def _finishers(images: Sequence[Image], menu: Menu) -> Iterator[Option]:
    for entry in offerable(menu.catalogue.stages):
        if fits(entry):
            yield Option(f"{entry.label}…", f"pf:{images[0].id}:{len(images)}:{entry.id}", entry.summary)
        else:
            log.info("%s is too long a name for a menu", entry.id)


def fits(entry: StageEntry) -> bool:
    """Whether the full id of a post-processor can stand in the custom_id of its form."""
    return len(f"{PREFIX}:{SENT}:{16 * 'x'}:9:{entry.id}") <= LONGEST


def _keeping(words: Words, images: Sequence[Image], job: str) -> Iterator[Option]:
    said = {"f": words("more-favourite"), "o": words("more-original"), "i": words("more-info")}
    for verb, what in said.items():
        for image in images:
            one = words("more-of", what=what, number=image.position) if len(images) > 1 else what
            yield Option(one, f"{verb}:{image.id}")
    yield from _of_job(words, job)


def _of_job(words: Words, job: str) -> Iterator[Option]:
    yield Option(words("more-private"), f"k:{job}")
    yield Option(words("more-delete"), f"d:{job}")
