"""What completes the options of commands while somebody types, from the last heard catalogue alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import discord
from discord.app_commands import Choice

from limner_bot.asking import completions
from limner_bot.house import House
from limner_sdk import InvalidRequest, StageEntry
from limner_sdk.request import LONGEST_PROMPT

from .choices import choices

Interaction = discord.Interaction[Any]
#: What a sampler may be called in a request.
_LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class Suggestions:
    """Answers for one option each."""

    house: House

    async def models(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        """Models that the person may use here."""
        allowed = self.house.desk.admission.allows_model
        return choices(pair for pair in self.house.menu.models(typed) if allowed(interaction, pair[1]))

    async def samplers(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.stages("sampler", typed))

    async def schedules(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.stages("schedule", typed))

    async def finishers(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.finishers(typed[:LONGEST_PROMPT]))

    async def sizes(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.sizes(typed, getattr(interaction.namespace, "model", None)))

    async def styles(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        files = self.house.menu.catalogue.files
        return choices(completions.listed(typed, (file for file in files if file.kind == "style")))

    async def loras(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        files = self.house.menu.catalogue.files
        return choices(completions.listed(typed, (file for file in files if file.kind == "lora"), weighted=True))

    async def options(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        """Parameters of the sampler that was chosen, or of the model's own."""
        return choices(completions.parameters(typed, self._sampler(interaction), self.house.menu.catalogue))

    async def axes(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(completions.axes(typed, self.house.menu.catalogue))

    def _sampler(self, interaction: Interaction) -> StageEntry | None:
        catalogue, chosen = self.house.menu.catalogue, interaction.namespace
        model, sampler = getattr(chosen, "model", None), getattr(chosen, "sampler", None)
        name = sampler or self.house.menu.sampler_of(model) or ""
        try:
            return catalogue.sampler(name[:_LONGEST_NAME])[0]
        except InvalidRequest:
            return None
