"""/ban: who may ask for nothing for a while, or for ever; administrators decide for their server, operators for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Range

from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import EVERYWHERE
from limner_bot.policy.bans import LONGEST_REASON, Ban, seconds_of
from limner_bot.talking.access import require_scope
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import quoted
from limner_bot.words import Words

from .deciding import ADMINS, Interaction, answer, say

Sent = discord.Interaction[discord.Client]
_SHOWN: Final = 20


@dataclass(frozen=True)
class BansFeature:
    """Banning and what becomes of it."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/ban."""
        return (_Commands(self.house),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()


class _Commands(app_commands.Group):
    """The group."""

    def __init__(self, house: House) -> None:
        text = "Who may not ask for pictures (administrators)"
        super().__init__(name="ban", description=text, default_permissions=ADMINS)
        self._house = house

    @app_commands.command(name="add", description="Let somebody ask for nothing; their jobs are cancelled")
    @app_commands.describe(
        user="Who",
        until="For how long, such as 30m, 3h, 7d or 2w; for ever if you leave it out",
        reason="What they are told",
        everywhere="In all servers and direct messages (operators)",
    )
    async def add(
        self,
        interaction: Sent,
        user: discord.User,
        until: str = "",
        reason: Range[str, 1, LONGEST_REASON] = "",
        everywhere: bool = False,
    ) -> None:
        await self._add(interaction, user.id, until, reason, everywhere)

    @app_commands.command(name="remove", description="End a ban")
    @app_commands.describe(user="Who", everywhere="The ban in all servers (operators)")
    async def remove(self, interaction: Sent, user: discord.User, everywhere: bool = False) -> None:
        await self._remove(interaction, user.id, everywhere)

    @app_commands.command(name="list", description="Show who is banned, until when, and why")
    @app_commands.describe(everywhere="Those in all servers (operators)")
    async def every(self, interaction: Sent, everywhere: bool = False) -> None:
        await self._list(interaction, everywhere)

    @guarded
    async def _add(self, interaction: Interaction, user: int, until: str, reason: str, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        if user == interaction.user.id or user in self._house.settings.operators:
            raise Refusal.of("ban-not-them")
        seconds = seconds_of(until)
        await interaction.response.defer(ephemeral=True, thinking=True)
        ban = await self._house.policies.bans.add(scope, user, seconds, reason, interaction.user.id)
        cancelled = await self._cancel_all(scope, user, interaction.user.id)
        if cancelled:
            audit, by = self._house.policies.audit, interaction.user.id
            await audit.note(scope, by, "act-member-cleared", f"<@{user}>", str(cancelled))
        words = words_for(interaction)
        told = words("ban-added", who=f"<@{user}>", ends=_ends(ban))
        await answer(interaction, f"{told} {words('ban-cancelled', count=cancelled)}" if cancelled else told)

    async def _cancel_all(self, scope: int, user: int, by: int) -> int:
        """What waits or runs for somebody ends; how much that was."""
        jobs = [job for job in await self._house.ledger.jobs("arriving", "queued", "running") if job.user_id == user]
        here = [job for job in jobs if scope in (EVERYWHERE, job.guild_id)]
        for job in here:
            await self._house.desk.cancel_job(job.id, by)
        return len(here)

    @guarded
    async def _remove(self, interaction: Interaction, user: int, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        was = await self._house.policies.bans.remove(scope, user, interaction.user.id)
        await say(interaction, "ban-removed" if was else "ban-unknown", who=f"<@{user}>")

    @guarded
    async def _list(self, interaction: Interaction, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction)
        bans = self._house.policies.bans.all(scope)
        title = words("ban-title-everywhere" if everywhere else "ban-title")
        lines = [_line(words, ban) for ban in bans[:_SHOWN]] or [words("ban-nobody")]
        more = [words("ban-more", count=len(bans) - _SHOWN)] if len(bans) > _SHOWN else []
        await answer(interaction, "\n".join([title, *lines, *more]))


def _ends(ban: Ban) -> str:
    return "never" if ban.until is None else f"<t:{ban.until:.0f}:f>"


def _line(words: Words, ban: Ban) -> str:
    reason = quoted(ban.reason, 60) if ban.reason else ""
    return words("ban-line", who=f"<@{ban.user_id}>", ends=_ends(ban), by=f"<@{ban.by_id}>", reason=reason)
