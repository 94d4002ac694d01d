"""/history: one's own pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from limner_bot.desk import Desk
from limner_bot.guard import guarded

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class _History:
    desk: Desk

    @guarded
    async def run(self, interaction: Interaction) -> None:
        await self.desk.pages.open(interaction)


def history_command(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    """The command."""
    serve = _History(desk)

    @app_commands.command(name="history", description="Show your own pictures, newest first; only you see it")
    async def history(interaction: discord.Interaction[discord.Client]) -> None:
        await serve.run(interaction)

    return history
