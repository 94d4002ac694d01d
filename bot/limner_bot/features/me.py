"""/me: what somebody may still ask for and what there is of theirs; all of it as files, or gone for good."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import discord
from discord import app_commands

from limner_bot.delivering.posts import Press
from limner_bot.erasing import wish_for
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.histories import Histories
from limner_bot.queue.identity import ID
from limner_bot.queue.line import SPENT, day_of
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import Field, entered, form
from limner_bot.talking.guard import Refusal, guarded, words_for

from .deciding import answer, say
from .limits import described
from .parting import send_everything

Interaction = discord.Interaction[Any]

ERASE: Final = "erase"
_UNFINISHED: Final = "('arriving', 'queued', 'running')"


@dataclass(frozen=True)
class Me:
    """What a person can know and decide about themselves."""

    house: House
    now: Callable[[], float] = time.time
    _exporting: set[int] = field(default_factory=set)
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def commands(self) -> Sequence[AnyCommand]:
        """/me."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """Exporting; and deleting, which is asked twice."""
        return (
            Action("mx", self.export, "([0-9]{1,15})"),
            Action("mz", self.ask),
            Action("mzs", self.ask_again),
            Action("mzy", self.erase, f"({ID})"),
            Action("mzn", self.leave, f"({ID})"),
        )

    @guarded
    async def open(self, interaction: Interaction) -> None:
        """What somebody may do and has."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction)
        presses = (
            Press(words("button-export"), "mx", (0,)),
            Press(words("button-erase"), "mz", style=discord.ButtonStyle.danger),
        )
        await answer(interaction, "\n".join(await self._lines(interaction)), presses)

    async def _lines(self, interaction: Interaction) -> list[str]:
        words, user = words_for(interaction), interaction.user.id
        here, everywhere = self.house.desk.admission.limits_of(interaction)
        pictures, favourites = await Histories(self.house.database).counts(user)
        waiting = f"SELECT count(*) FROM jobs WHERE user_id = ? AND state IN {_UNFINISHED}"
        jobs = await self.house.database.rows(waiting, (user,))
        spent = await self.house.database.rows(SPENT, (user, day_of(self.now())))
        folders = [
            row["id"] for row in await self.house.database.rows("SELECT id FROM jobs WHERE user_id = ?", (user,))
        ]
        size = await asyncio.to_thread(_bytes, self.house.shelf, folders)
        return [
            words("me-title"),
            words("me-here", limits=described(words, here)),
            words("me-everywhere", limits=described(words, everywhere)),
            words("me-spent", seconds=f"{spent[0][0]:.0f}", left=_left(spent[0][0], here.seconds_per_day)),
            words("me-jobs", count=int(jobs[0][0])),
            words("me-pictures", count=pictures, favourites=favourites, size=f"{size / 10**6:.1f}"),
        ]

    async def export(self, interaction: Interaction, after: str) -> None:
        """All that is there of somebody's, as files for them alone; one person at a time, and each once at a time."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        user = interaction.user.id
        if user in self._exporting:
            raise Refusal.of("export-running")
        self._exporting.add(user)
        try:
            async with self._turn:
                await send_everything(self.house, interaction, int(after))
        finally:
            self._exporting.discard(user)

    async def ask(self, interaction: Interaction) -> None:
        """Ask for the word."""
        words = words_for(interaction)
        word = words("erase-word")
        fields = (Field("word", words("erase-field", word=word), help=words("erase-help"), required=True, most=40),)
        await interaction.response.send_modal(form(custom_id("mzs"), words("erase-title"), fields))

    async def ask_again(self, interaction: Interaction) -> None:
        """Whoever has typed the word is asked once more."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction)
        if entered(interaction).get("word", "").strip().casefold() != words("erase-word").casefold():
            raise Refusal.of("erase-other-word", word=words("erase-word"))
        draft = await Drafts(self.house.database).make(interaction, ERASE, {})
        pictures, _ = await Histories(self.house.database).counts(interaction.user.id)
        presses = (
            Press(words("button-erase"), "mzy", (draft,), style=discord.ButtonStyle.danger),
            Press(words("button-keep-all"), "mzn", (draft,)),
        )
        await answer(interaction, words("erase-question", count=pictures), presses)

    async def erase(self, interaction: Interaction, draft: str) -> None:
        """Delete; the wish is written down, so that a restart goes on with it."""
        await interaction.response.defer()
        drafts = Drafts(self.house.database)
        await drafts.own(interaction, draft, ERASE)
        if await drafts.use(draft):
            await wish_for(self.house, interaction.user.id, self.now())
        await say(interaction, "erase-begun")

    async def leave(self, interaction: Interaction, draft: str) -> None:
        """Delete nothing."""
        await interaction.response.defer()
        drafts = Drafts(self.house.database)
        await drafts.own(interaction, draft, ERASE)
        await drafts.use(draft)
        await say(interaction, "erase-not")


def _left(spent: float, most: float | None) -> str:
    """The seconds that are left of a day, or a word of the sentence's own."""
    return "any" if most is None else f"{max(0.0, most - spent):.0f}"


def _bytes(shelf: Shelf, folders: Sequence[str]) -> int:
    """How much the files of these jobs take."""
    return sum(path.stat().st_size for folder in folders for path in (shelf.root / folder).glob("*") if path.is_file())


def _command(serve: Me) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="me", description="Your limits and your pictures; export or delete your data")
    async def me(interaction: discord.Interaction[discord.Client]) -> None:
        await serve.open(interaction)

    return me
