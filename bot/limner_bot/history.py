"""Pages of one person's pictures, newest first, which only that person sees."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from . import texts
from .buttons import PageButton
from .ledger import Direction, Entry, Ledger, Page
from .posts import Upload
from .shelf import DamagedResult, Shelf

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

PER_PAGE: Final = 4
NEWEST: Final = 10**15 - 1
#: Bytes; Discord takes 25 MiB in one request.
MOST_BYTES: Final = 24 * 2**20


@dataclass(frozen=True)
class HistoryPages:
    """Shows pages."""

    ledger: Ledger
    shelf: Shelf
    label: texts.Labels = texts.bare

    async def open(self, interaction: Interaction) -> None:
        """The newest page, in a message of its own."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, "older", NEWEST)

    async def turn(self, interaction: Interaction, direction: Direction, anchor: int) -> None:
        """Another page, in the same message."""
        await interaction.response.defer()
        await self._show(interaction, direction, anchor)

    async def _show(self, interaction: Interaction, direction: Direction, anchor: int) -> None:
        page = await self.ledger.history(interaction.user.id, direction, anchor, PER_PAGE)
        files = await asyncio.to_thread(self._files, page.entries, interaction.filesize_limit)
        lines = [
            texts.history_line(number, entry.job, entry.image, "" if file else texts.NOT_SHOWN, self.label)
            for number, (entry, file) in enumerate(zip(page.entries, files, strict=True), start=1)
        ]
        await interaction.edit_original_response(
            content=texts.clipped("\n".join(lines), texts.LONGEST_MESSAGE) or texts.NO_PICTURES,
            attachments=[discord.File(io.BytesIO(file.data), file.name) for file in files if file],
            view=_buttons(page),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    def _files(self, entries: Sequence[Entry], limit: int) -> list[Upload | None]:
        files: list[Upload | None] = []
        room = MOST_BYTES
        for entry in entries:
            file = self._file(entry)
            fits = file is not None and len(file.data) <= min(limit, room)
            room -= len(file.data) if file and fits else 0
            files.append(file if fits else None)
        return files

    def _file(self, entry: Entry) -> Upload | None:
        try:
            return Upload(f"limner-{entry.image.id}.png", self.shelf.read(entry.image.job_id, entry.image.file))
        except (OSError, DamagedResult) as error:
            log.warning("picture %s: %s", entry.image.id, error)
            return None


def _buttons(page: Page) -> discord.ui.View | None:
    view = discord.ui.View(timeout=None)
    if page.has_newer:
        view.add_item(PageButton("newer", page.entries[0].image.number))
    if page.has_older:
        view.add_item(PageButton("older", page.entries[-1].image.number))
    return view if view.children else None
