"""A page of a history: a sheet of numbered thumbnails, a line for each, and a menu that opens one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from limner_bot.delivering import texts
from limner_bot.delivering.posts import Option, Pick, Post, Press, Upload
from limner_bot.house import House
from limner_bot.pictures.darkroom import DarkroomRefused
from limner_bot.pictures.shelf import DamagedResult, Shelf
from limner_bot.queue.histories import Entry, Page
from limner_bot.talking.harmless import bare, clipped, label, quoted, short
from limner_bot.words import Words

log = logging.getLogger(__name__)

PER_PAGE: Final = 9
COLUMNS: Final = 3
#: Pixels of a thumbnail's longer side.
SIDE: Final = 256
FAVOURITE: Final = "★"
#: A page of nine links must fit into a message.
_LONGEST_PROMPT: Final = 44
_LONGEST_MODEL: Final = 18


@dataclass(frozen=True)
class PageShown:
    """A page on its way into a message."""

    house: House
    words: Words
    page: Page
    is_search: bool = False

    async def post(self, presses: tuple[Press | Pick, ...]) -> Post:
        """The message, with these buttons."""
        if not self.page.entries:
            return Post(self.words("history-nothing-found" if self.is_search else "history-empty"))
        sheet, missing = await self._sheet()
        lines = [
            self._line(number, entry, shown=number - 1 not in missing)
            for number, entry in enumerate(self.page.entries, start=1)
        ]
        notes = [] if sheet else [self.words("history-no-sheet")]
        return Post("\n".join([*lines, *notes]), (sheet,) if sheet else (), presses)

    async def _sheet(self) -> tuple[Upload | None, tuple[int, ...]]:
        """The thumbnails, and the places (from 0) of pictures that cannot be shown."""
        files = tuple(_path(self.house.shelf, entry) for entry in self.page.entries)
        with TemporaryDirectory(prefix="limner-") as folder:
            try:
                made = await self.house.darkroom.gallery(files, Path(folder), "history", columns=COLUMNS, side=SIDE)
                data = await asyncio.to_thread(Path(made.file).read_bytes)
            except (DarkroomRefused, OSError) as error:
                log.warning("a page of a history has no thumbnails: %s", error)
                return None, ()
        return Upload("history.jpg", data), made.missing

    def _line(self, number: int, entry: Entry, *, shown: bool) -> str:
        job, image, words = entry.job, entry.image, self.words
        parts = [clipped(short(image.recipe.model.id), _LONGEST_MODEL)]
        parts += [f"<t:{made:.0f}:R>"] if (made := job.finished) else []
        parts += [f"[{words('history-message')}]({job.link})"] if job.link and job.state == "delivered" else []
        parts += [] if shown else [words("history-not-shown")]
        star = f"{FAVOURITE} " if entry.favourite else ""
        return f"**{number}** {star}{self._what(entry)} {' · '.join(parts)}"

    def _what(self, entry: Entry) -> str:
        recipe = entry.image.recipe
        if recipe.prompt.strip():
            return quoted(recipe.prompt, _LONGEST_PROMPT)
        return clipped(texts.headline(self.words, entry.job, recipe, self.house.menu.label), 2 * _LONGEST_PROMPT)


def page_presses(words: Words, page: Page, draft: str) -> tuple[Press | Pick, ...]:
    """The menu of a page, and the buttons that turn it."""
    if not page.entries:
        return ()
    newest, oldest = page.entries[0].image.number, page.entries[-1].image.number
    options = _options(words, page.entries)
    found: list[Press | Pick] = [Pick(words("history-open"), "ho", (draft, newest + 1), options)]
    if page.has_newer:
        found.append(Press(words("button-newer"), "hp", (draft, "newer", newest), 1))
    if page.has_older:
        found.append(Press(words("button-older"), "hp", (draft, "older", oldest), 1))
    return tuple(found)


def _options(words: Words, entries: Sequence[Entry]) -> list[Option]:
    return [
        Option(
            f"{number}. {label(entry.image.recipe.prompt, 90) or words('job-a-picture')}",
            entry.image.id,
            f"{bare(entry.image.recipe.model.id)} · {entry.image.width}x{entry.image.height}",
        )
        for number, entry in enumerate(entries, start=1)
    ]


def _path(shelf: Shelf, entry: Entry) -> Path:
    """Where a picture lies; a path where nothing lies for what is no plain name."""
    try:
        return shelf.path(entry.image.job_id, entry.image.file)
    except DamagedResult as error:
        log.warning("picture %s: %s", entry.image.id, error)
        return shelf.root / entry.image.job_id / "missing"
