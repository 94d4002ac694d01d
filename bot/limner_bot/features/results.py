"""The buttons below pictures that draw more: one at full size, variations, and the same with another seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from limner_bot.actions import Action
from limner_bot.house import AnyCommand, House
from limner_bot.identity import ID
from limner_bot.menu import reroll_of, variations_of

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Results:
    """What becomes of a picture."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """U, V and Re-roll."""
        return (
            Action("u", self.single, f"({ID})"),
            Action("v", self.variations, f"({ID})"),
            Action("r", self.reroll, f"({ID}):([1-9])"),
        )

    async def single(self, interaction: Interaction, image: str) -> None:
        """One picture of a grid at full size; its file is there already."""
        source = await self.house.desk.source(interaction, image)
        await self.house.desk.take(interaction, "single", source.recipe.as_request(), source)

    async def variations(self, interaction: Interaction, image: str) -> None:
        """Four pictures close to one."""
        source = await self.house.desk.source(interaction, image)
        request = self.house.menu.known(variations_of(source.recipe))
        await self.house.desk.take(interaction, "variations", request, source)

    async def reroll(self, interaction: Interaction, image: str, count: str) -> None:
        """The same with a fresh seed."""
        source = await self.house.desk.source(interaction, image)
        request = self.house.menu.known(reroll_of(source.recipe, int(count)))
        await self.house.desk.take(interaction, "reroll", request, source)
