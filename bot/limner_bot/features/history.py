"""/history: pages of one person's pictures, newest first, which only that person sees."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import discord
from discord import app_commands

from limner_bot import texts
from limner_bot.actions import Action
from limner_bot.guard import guarded, words_for
from limner_bot.harmless import LONGEST_MESSAGE, clipped, quoted
from limner_bot.house import AnyCommand, House
from limner_bot.ledger import Direction, Entry, Page
from limner_bot.posts import Press, Upload, view_of
from limner_bot.shelf import DamagedResult
from limner_bot.words import Words

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

PER_PAGE: Final = 4
NEWEST: Final = 10**15 - 1
#: Bytes; Discord takes 25 MiB in one request.
MOST_BYTES: Final = 24 * 2**20


@dataclass(frozen=True)
class History:
    """Shows pages."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/history."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """Turning pages."""
        return (Action("h", self.turn, "(older|newer):([0-9]{1,15})"),)

    @guarded
    async def open(self, interaction: Interaction) -> None:
        """The newest page, in a message of its own."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, "older", NEWEST)

    async def turn(self, interaction: Interaction, direction: str, anchor: str) -> None:
        """Another page, in the same message."""
        await interaction.response.defer()
        await self._show(interaction, cast(Direction, direction), int(anchor))

    async def _show(self, interaction: Interaction, direction: Direction, anchor: int) -> None:
        words = words_for(interaction)
        page = await self.house.ledger.history(interaction.user.id, direction, anchor, PER_PAGE)
        files = await asyncio.to_thread(self._files, page.entries, interaction.filesize_limit)
        lines = [
            self._line(words, number, entry, shown=file is not None)
            for number, (entry, file) in enumerate(zip(page.entries, files, strict=True), start=1)
        ]
        await interaction.edit_original_response(
            content=clipped("\n".join(lines), LONGEST_MESSAGE) or words("history-empty"),
            attachments=[discord.File(io.BytesIO(file.data), file.name) for file in files if file],
            view=view_of(_presses(words, page)),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    def _line(self, words: Words, number: int, entry: Entry, *, shown: bool) -> str:
        job, image = entry.job, entry.image
        link = f" · {job.link}" if job.link and job.state == "delivered" else ""
        what = quoted(image.recipe.prompt, 150) if image.recipe.prompt.strip() else words("job-a-picture")
        note = "" if shown else f" · {words('history-not-shown')}"
        return f"{number}. {what}\n{texts.details(words, [image], self.house.menu.label)}{link}{note}"

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
            data = self.house.shelf.read(entry.image.job_id, entry.image.file)
        except (OSError, DamagedResult) as error:
            log.warning("picture %s: %s", entry.image.id, error)
            return None
        return Upload(f"limner-{entry.image.id}.png", data)


def _presses(words: Words, page: Page) -> tuple[Press, ...]:
    newer = (Press(words("button-newer"), "h", ("newer", page.entries[0].image.number)),) if page.has_newer else ()
    older = (Press(words("button-older"), "h", ("older", page.entries[-1].image.number)),) if page.has_older else ()
    return (*newer, *older)


def _command(serve: History) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="history", description="Show your own pictures, newest first; only you see it")
    async def history(interaction: discord.Interaction[discord.Client]) -> None:
        await serve.open(interaction)

    return history
