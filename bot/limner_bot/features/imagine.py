"""/imagine: a prompt and whatever else somebody wants to say about the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from limner_bot.access import require_room_to_work
from limner_bot.actions import Action
from limner_bot.guard import guarded
from limner_bot.house import AnyCommand, House
from limner_sdk.seeds import LARGEST_SEED

from .choices import choices

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Imagine:
    """New pictures from words."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/imagine."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()

    @guarded
    async def run(self, interaction: Interaction, values: dict[str, Any]) -> None:
        """What is checked before the first answer asks nobody and takes no time."""
        require_room_to_work(interaction)
        await self.house.desk.take(interaction, "imagine", self.house.menu.request(values))

    async def models(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.models(typed))

    async def samplers(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.stages("sampler", typed))

    async def schedules(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.stages("schedule", typed))

    async def finishers(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.finishers(typed))

    async def sizes(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.house.menu.sizes(typed, getattr(interaction.namespace, "model", None)))


def _command(serve: Imagine) -> app_commands.Command[Any, ..., Any]:

    @app_commands.command(name="imagine", description="Make pictures from a prompt")
    @app_commands.describe(
        prompt="What the pictures should show",
        negative="What they should not show",
        model="Which model paints",
        size="Width and height in pixels, such as 512x768",
        steps="How many steps each picture takes",
        cfg="How closely the prompt is followed",
        sampler="How the noise is taken away",
        schedule="How the noise levels are spaced",
        seed="The number that the noise grows from; the same one gives the same picture",
        count="How many pictures, from 1 to 4",
        finish="What is done to the finished pictures, such as: detailer(denoise=0.3), ultimate_upscale",
    )
    async def imagine(
        interaction: discord.Interaction[discord.Client],
        prompt: str,
        negative: str | None = None,
        model: str | None = None,
        size: str | None = None,
        steps: Range[int, 1, 150] | None = None,
        cfg: Range[float, 0, 30] | None = None,
        sampler: str | None = None,
        schedule: str | None = None,
        seed: Range[int, 0, LARGEST_SEED] | None = None,
        count: Range[int, 1, 4] | None = None,
        finish: str | None = None,
    ) -> None:
        said: dict[str, Any] = {"prompt": prompt, "negative": negative, "model": model, "size": size, "steps": steps}
        said |= {"cfg": cfg, "sampler": sampler, "schedule": schedule, "seed": seed, "count": count, "finish": finish}
        await serve.run(interaction, said)

    imagine.autocomplete("model")(serve.models)
    imagine.autocomplete("sampler")(serve.samplers)
    imagine.autocomplete("schedule")(serve.schedules)
    imagine.autocomplete("size")(serve.sizes)
    imagine.autocomplete("finish")(serve.finishers)
    return imagine
