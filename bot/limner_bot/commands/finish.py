"""/finish: post-processors on a picture that somebody attaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.desk import Desk
from limner_bot.guard import guarded

from .choices import choices

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class _Finish:
    desk: Desk

    @guarded
    async def run(self, interaction: Interaction, picture: discord.Attachment, values: dict[str, Any]) -> None:
        await self.desk.finish_upload(interaction, picture, values)

    async def finishers(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        return choices(self.desk.menu.finishers(typed))


def finish_command(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    """The command."""
    serve = _Finish(desk)

    @app_commands.command(name="finish", description="Enlarge or improve a picture of yours")
    @app_commands.rename(finish="with")
    @app_commands.describe(
        picture="A PNG, JPEG or WebP picture of at most 10 MiB",
        finish="What to do to it, such as: detailer(denoise=0.3), ultimate_upscale",
        prompt="What the picture shows, for the parts that are drawn anew",
    )
    async def command(
        interaction: discord.Interaction[discord.Client],
        picture: discord.Attachment,
        finish: str,
        prompt: str | None = None,
    ) -> None:
        await serve.run(interaction, picture, {"finish": finish, "prompt": prompt})

    command.autocomplete("finish")(serve.finishers)
    return command
