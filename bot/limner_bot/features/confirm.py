"""The question before several jobs or a grid: run them, change what was asked for, or leave it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import discord

from limner_bot.asking.asked import Asked
from limner_bot.asking.gridding import planned_grid
from limner_bot.asking.proposals import KIND, NOBODY, Offer, Proposal, offer, present
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.intake import Intake
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import LONGEST_TEXT, Field, entered, form
from limner_bot.talking.guard import Refusal, words_for
from limner_bot.words import Words
from limner_sdk import InvalidRequest
from limner_sdk.messages import GridWish

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
_AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Confirm:
    """Serves the buttons below the question. Only who was asked can press them, and only once."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """Run, Edit, what was edited, Cancel."""
        pattern = f"({ID})"
        return (
            Action("jr", self.run, pattern),
            Action("je", self.edit, pattern),
            Action("jf", self.edited, pattern),
            Action("jn", self.leave, pattern),
        )

    async def run(self, interaction: Interaction, draft: str) -> None:
        """Queue all of it."""
        proposal = await self._own(interaction, draft)
        await interaction.response.defer()
        offered = offer(interaction, self.house.desk, self.house.menu, proposal)
        if not await self._queued(interaction, draft, offered):
            raise Refusal.of("draft-used")
        await self._intake.forget(draft)

    async def _queued(self, interaction: Interaction, draft: str, offered: Offer) -> bool:
        """Queue the jobs, each with pictures of its own; whether that was done for the first time."""
        ids = [order.id for order in offered.orders]

        async def told() -> None:
            await _close(interaction, words_for(interaction)("confirm-done", count=len(ids)))

        try:
            copied = [
                replace(each, request=await self._intake.copied(each.request, each.id)) for each in offered.orders
            ]
            is_new = await self.house.desk.take_many(interaction, copied, offered.room, draft, told)
        except (Refusal, OSError):
            await self._intake.forget(*ids)
            raise
        if not is_new:
            await self._intake.forget(*ids)
        return is_new

    async def edit(self, interaction: Interaction, draft: str) -> None:
        """Show what was typed, to be changed: the last time, even if it was refused."""
        proposal = await self._own(interaction, draft)
        written = proposal.tried or {"text": proposal.text, **_sides(proposal.grid)}
        text = written.get("text", "")
        if len(text) > LONGEST_TEXT:
            raise Refusal.of("confirm-too-long", most=str(LONGEST_TEXT))
        words = words_for(interaction)
        fields = [Field("text", words("confirm-text"), "paragraph", default=text, required=True)]
        fields += _axes(words, written) if proposal.grid else []
        await interaction.response.send_modal(form(custom_id("jf", draft), words("confirm-title"), fields))

    async def edited(self, interaction: Interaction, draft: str) -> None:
        """Ask again, about what was changed."""
        old, said = await self._own(interaction, draft), entered(interaction)
        await interaction.response.defer()
        try:
            proposal = await self._changed(interaction, old, said)
            offered = offer(interaction, self.house.desk, self.house.menu, proposal)
        except (Refusal, InvalidRequest):
            # A button of its own would lead to another question, beside this one.
            await Drafts(self.house.database).change(draft, old.model_copy(update={"tried": said}).payload)
            raise
        if not await Drafts(self.house.database).change(draft, proposal.payload):
            raise Refusal.of("draft-used")
        await present(interaction, proposal, offered, draft)

    async def leave(self, interaction: Interaction, draft: str) -> None:
        """Queue nothing."""
        await self._own(interaction, draft)
        await interaction.response.defer()
        if not await Drafts(self.house.database).use(draft):
            raise Refusal.of("draft-used")
        await self._intake.forget(draft)
        await _close(interaction, words_for(interaction)("confirm-left"))

    async def _changed(self, interaction: Interaction, old: Proposal, said: dict[str, str]) -> Proposal:
        text = said.get("text", "")
        if old.grid is not None:
            sides = {name: said.get(name, "").strip() or None for name in _AXES}
            wish = GridWish.model_validate(old.grid.model_dump() | sides)
            return await planned_grid(interaction, self.house, text, old.options, wish)
        most = self.house.desk.admission.most_jobs(interaction)
        asked = Asked.of(text, old.options, self.house.desk.admission.defaults(interaction), most)
        return asked.proposal(self.house.menu, old.begun)

    async def _own(self, interaction: Interaction, draft: str) -> Proposal:
        found = await Drafts(self.house.database).own(interaction, draft, KIND)
        return Proposal.model_validate(found.payload)

    @property
    def _intake(self) -> Intake:
        return Intake(self.house.shelf, self.house.darkroom)


async def _close(interaction: Interaction, said: str) -> None:
    """Let the question say how it ended; if that does not arrive, its buttons say so."""
    try:
        await interaction.edit_original_response(content=said, view=None, allowed_mentions=NOBODY)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("a question stays as it was: %s", error)


def _sides(wish: GridWish | None) -> dict[str, str]:
    return {name: getattr(wish, name) or "" for name in _AXES} if wish else {}


def _axes(words: Words, written: Mapping[str, str]) -> list[Field]:
    return [Field(name, words("confirm-axis", name=name.upper()), default=written.get(name, "")) for name in _AXES]
