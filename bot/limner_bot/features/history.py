"""/history: pages of one person's pictures, newest first, which only that person sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from limner_bot.features import reusing
from limner_bot.house import AnyCommand, House
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.histories import LONGEST_SEARCH, Direction, Histories, Search
from limner_bot.queue.identity import ID
from limner_bot.talking.actions import Action, chosen
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_sdk import InvalidRequest

from .choices import choices
from .history_page import PER_PAGE, PageShown, page_presses
from .history_picture import picture_shown
from .showing import show

Interaction = discord.Interaction[Any]

NEWEST: Final = 10**15 - 1
SEARCH: Final = "history"
#: Stands for the draft of a history in which nothing is looked for.
EVERYTHING: Final = "-"
#: Seconds that the pages of a search can be turned.
KEPT: Final = 30 * 86400.0
_WHICH: Final = f"({ID}|{EVERYTHING})"
_NUMBER: Final = "([0-9]{1,15})"


@dataclass(frozen=True)
class History:
    """Shows pages and pictures."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/history."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """Turning pages, opening a picture, posting it, and using its settings again; `h` is of earlier versions."""
        return (
            Action("h", self.turn_everything, f"(older|newer):{_NUMBER}"),
            Action("hp", self.turn, f"{_WHICH}:(older|newer):{_NUMBER}"),
            Action("ho", self.open_chosen, f"{_WHICH}:{_NUMBER}"),
            Action("hs", self.post, f"({ID})"),
            Action("hx", self.reuse, f"({ID})"),
            Action("hxs", self.order, f"({ID})"),
        )

    @property
    def _histories(self) -> Histories:
        return Histories(self.house.database)

    @guarded
    async def open(self, interaction: Interaction, search: Search) -> None:
        """The newest page, in a message of its own."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        draft = EVERYTHING
        if search != Search():
            draft = await Drafts(self.house.database).make(interaction, SEARCH, search.payload, KEPT)
        await self._show(interaction, draft, search, "older", NEWEST)

    async def turn(self, interaction: Interaction, draft: str, direction: str, anchor: str) -> None:
        """Another page, in the same message."""
        await interaction.response.defer()
        search = await self._search(interaction, draft)
        await self._show(interaction, draft, search, cast(Direction, direction), int(anchor))

    async def turn_everything(self, interaction: Interaction, direction: str, anchor: str) -> None:
        """The same for buttons of earlier versions."""
        await self.turn(interaction, EVERYTHING, direction, anchor)

    async def open_chosen(self, interaction: Interaction, draft: str, anchor: str) -> None:
        """One picture, in the same message."""
        await interaction.response.defer()
        image = next(iter(chosen(interaction)), "")
        entry = await self._histories.entry(interaction.user.id, image)
        if entry is None:
            raise Refusal.of("unknown-picture")
        lineage = await self._histories.lineage(interaction.user.id, entry)
        await show(interaction, await picture_shown(self.house, interaction, entry, lineage, ("hp", draft, anchor)))

    async def post(self, interaction: Interaction, image: str) -> None:
        """Show a picture to everybody in this channel, with the buttons of any other result."""
        source = await self.house.desk.source(interaction, image)
        if source.gone:
            raise Refusal.of("file-gone")
        await self.house.desk.take(interaction, "single", source.recipe.as_request(), source)

    async def reuse(self, interaction: Interaction, image: str) -> None:
        """The form with a picture's settings."""
        entry = await self._histories.entry(interaction.user.id, image)
        await reusing.open_form(interaction, entry)

    async def order(self, interaction: Interaction, image: str) -> None:
        """Draw what was written into it."""
        entry = await self._histories.entry(interaction.user.id, image)
        await reusing.order(self.house, interaction, entry)

    async def _search(self, interaction: Interaction, draft: str) -> Search:
        """What is looked for. Raises `Refusal`, also for what somebody else looks for."""
        if draft == EVERYTHING:
            return Search()
        return Search.of((await Drafts(self.house.database).own(interaction, draft, SEARCH)).payload)

    async def _show(
        self, interaction: Interaction, draft: str, search: Search, direction: Direction, anchor: int
    ) -> None:
        words = words_for(interaction)
        page = await self._histories.page(interaction.user.id, search, direction, anchor, PER_PAGE)
        shown = PageShown(self.house, words, page, is_search=search != Search())
        await show(interaction, await shown.post(page_presses(words, page, draft)))

    def search(self, text: str | None, favourites: bool, model: str | None) -> Search:
        """What the options of the command ask for."""
        return Search(" ".join((text or "").split()), favourites, self._model((model or "").strip()))

    def _model(self, name: str) -> str:
        """The full id of a model; one that is gone can still be looked for."""
        try:
            return self.house.menu.catalogue.model(name).id if name else ""
        except InvalidRequest:
            return name

    async def models(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        """Models that fit what was typed."""
        return choices(self.house.menu.models(typed))


def _command(serve: History) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="history", description="Show your own pictures, newest first; only you see it")
    @app_commands.describe(
        search="Words that stand in the prompt",
        favourites="Only your favourites",
        model="Only pictures by this model",
    )
    async def history(
        interaction: discord.Interaction[discord.Client],
        search: Range[str, 1, LONGEST_SEARCH] | None = None,
        favourites: bool = False,
        model: str | None = None,
    ) -> None:
        await serve.open(interaction, serve.search(search, favourites, model))

    history.autocomplete("model")(serve.models)
    return history
