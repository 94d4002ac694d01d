"""The buttons below pictures that draw more: one at full size, variations, and the same with another seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from limner_bot.asking.menu import PICTURES, STRONG, VARIATION_STRENGTH, drawn, reroll_of, variations_of
from limner_bot.house import AnyCommand, House
from limner_bot.queue.identity import ID
from limner_bot.talking.actions import Action

from .remix import open_form
from .sources import Source, source_of

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Results:
    """What becomes of a picture."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """U, V, strong variations and Re-roll."""
        return (
            Action("u", self.single, f"({ID})"),
            Action("v", self.variations, f"({ID})"),
            Action("vs", self.strong, f"({ID})"),
            Action("r", self.reroll, f"({ID}):([1-9])"),
        )

    async def single(self, interaction: Interaction, image: str) -> None:
        """One picture of a grid at full size; its file is there already."""
        source = await source_of(self.house, interaction, image)
        request = source.image.recipe.as_request()
        await self.house.desk.take(interaction, "single", request, source.image, private=source.private)

    async def variations(self, interaction: Interaction, image: str) -> None:
        """Four pictures close to one."""
        source = await source_of(self.house, interaction, image)
        if self._remixes(interaction, source):
            await open_form(interaction, source.image, PICTURES, "v")
            return
        await self._vary(interaction, source, VARIATION_STRENGTH)

    async def strong(self, interaction: Interaction, image: str) -> None:
        """Four pictures that are only akin to one."""
        source = await source_of(self.house, interaction, image)
        if self._remixes(interaction, source):
            await open_form(interaction, source.image, PICTURES, "vs")
            return
        await self._vary(interaction, source, STRONG)

    async def reroll(self, interaction: Interaction, image: str, count: str) -> None:
        """The same with a fresh seed."""
        source = await source_of(self.house, interaction, image)
        if self._remixes(interaction, source):
            await open_form(interaction, source.image, int(count), "r")
            return
        request = self.house.menu.known(reroll_of(source.image.recipe, int(count)))
        await self.house.desk.take(interaction, "reroll", request, source.image, private=source.private)

    async def _vary(self, interaction: Interaction, source: Source, strength: float) -> None:
        request = self.house.menu.known(variations_of(source.image.recipe, strength))
        await self.house.desk.take(interaction, "variations", request, source.image, private=source.private)

    def _remixes(self, interaction: Interaction, source: Source) -> bool:
        """Whether the person wants to see the settings each time, and the picture has some."""
        wants = self.house.policies.preferences.of(interaction).remix
        return bool(wants) and drawn(source.image.recipe) is not None
