"""A bench with everybody who has a say, or none: members, a moderator, an operator, and the moderator of elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from tests.bot.bench import STUB_HOST, Bench, furnished
from tests.loopback import Channel, Guild, LoopbackDiscord, Message, Permission, ScriptedUser

COMMANDS: Final = ("limits", "ban", "rules", "models", "audit")


class Government(Bench):
    """Every client shows every command, whatever its default says; what is refused is refused by the bot."""

    operator: ScriptedUser
    foreigner: ScriptedUser
    abroad: Guild
    embassy: Channel

    async def order(self, who: ScriptedUser, command: str, where: Channel | None = None, /, **options: Any) -> Message:
        """Run a command of administrators; what the bot answers to that person alone."""
        interaction = await who.slash(where or self.channel, command, **options)

        def said() -> list[Message]:
            return [each for each in interaction.messages if not each.thinking and not each.deleted]

        await self.until(said, f"an answer to {interaction}")
        [message] = said()
        assert message.ephemeral
        assert message.pinged == set()
        return message

    async def refused(self, user: ScriptedUser, words: str, **options: Any) -> Message:
        """Ask for pictures, and hear why there are none; nobody else sees that."""
        interaction = await user.slash(self.channel, "imagine", **{"prompt": "a circle"} | options)
        message = await self.says(interaction, words)
        assert message.ephemeral
        return message

    def book(self) -> list[tuple[Any, ...]]:
        """All decisions: who and what."""
        return self.query("SELECT user_id, action, subject FROM audit ORDER BY number")


def _settle(bench: Bench, discord: LoopbackDiscord) -> Government:
    """The same bench with more people in it."""
    here = Government(**{each.name: getattr(bench, each.name) for each in fields(Bench)})
    here.operator, here.foreigner = discord.add_user("operator"), discord.add_user("foreigner")
    here.guild.add_member(here.operator)
    here.abroad = discord.add_guild("abroad")
    here.abroad.add_member(here.foreigner, permissions=Permission.MANAGE_GUILD)
    here.embassy = here.abroad.add_channel("art")
    here.extra["LIMNER_OPERATORS"] = here.operator.id
    for command in COMMANDS:
        here.guild.override_command(command, here.guild.everyone, shown=True)
    return here


@asynccontextmanager
async def governed(data: Path) -> AsyncIterator[Government]:
    """The bench, with a bot that runs."""
    async with LoopbackDiscord() as discord:
        bench = _settle(furnished(discord, data, STUB_HOST), discord)
        try:
            await bench.start()
            yield bench
        finally:
            if bench.bot is not None and bench.bot.poll() is None:
                bench.bot.kill()
                bench.bot.wait(10)
        assert discord.violations == []
