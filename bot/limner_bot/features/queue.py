"""/queue: everyone may look; those who run the server may pause it, resume it, cancel jobs and clear it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot import texts
from limner_bot.access import is_admin, require_admin, require_owner
from limner_bot.actions import Action
from limner_bot.guard import Refusal, guarded, words_for
from limner_bot.harmless import LONGEST_MESSAGE, clipped, label
from limner_bot.house import AnyCommand, House
from limner_bot.identity import ID
from limner_bot.records import Job

Interaction = discord.Interaction[Any]
_SUGGESTIONS: Final = 25
_SHOWN: Final = 10


@dataclass(frozen=True)
class Queue:
    """Looking at the queue, and steering it."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/queue."""
        return (_Commands(self.house),)

    def actions(self) -> Sequence[Action]:
        """Cancelling."""
        return (Action("c", self.cancel, f"({ID})"),)

    async def cancel(self, interaction: Interaction, job: str) -> None:
        """Stop a job that waits or runs."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.house.ledger.job(job)
        if found is None:
            raise Refusal.of("queue-unknown-job")
        require_owner(interaction, found)
        said = await self.house.desk.cancel_job(job, interaction.user.id)
        await _say(interaction, words_for(interaction)(said))


class _Commands(app_commands.Group):
    """The group; rights are checked at every call, because an administrator may show the command to anybody."""

    def __init__(self, house: House) -> None:
        super().__init__(name="queue", description="See who waits; administrators also steer the queue")
        self._house = house

    @app_commands.command(name="show", description="Show who waits for pictures; only you see the answer")
    async def show(self, interaction: discord.Interaction[discord.Client]) -> None:
        await self._show(interaction)

    @app_commands.command(name="pause", description="Start no more jobs of this server (administrators)")
    @app_commands.guild_only()
    async def pause(self, interaction: discord.Interaction[discord.Client]) -> None:
        await self._pause(interaction)

    @app_commands.command(name="resume", description="Start the jobs of this server again (administrators)")
    @app_commands.guild_only()
    async def resume(self, interaction: discord.Interaction[discord.Client]) -> None:
        await self._resume(interaction)

    @app_commands.command(name="cancel", description="Cancel one job of this server (administrators)")
    @app_commands.describe(job="The job, as /queue show lists it")
    @app_commands.guild_only()
    async def cancel(self, interaction: discord.Interaction[discord.Client], job: str) -> None:
        await self._cancel(interaction, job)

    @app_commands.command(name="clear", description="Cancel all waiting jobs of this server (administrators)")
    @app_commands.guild_only()
    async def clear(self, interaction: discord.Interaction[discord.Client]) -> None:
        await self._clear(interaction)

    @cancel.autocomplete("job")
    async def suggest(self, interaction: discord.Interaction[discord.Client], typed: str) -> list[Choice[str]]:
        """The jobs that could be meant."""
        if not is_admin(interaction):
            return []
        jobs = [job for job in await self._house.ledger.jobs("running", "queued") if _of(interaction, job)]
        found = [job for job in jobs if typed.casefold() in f"{job.id} {job.request.prompt}".casefold()]
        return [Choice(name=label(f"{job.id} {job.request.prompt}", 90), value=job.id) for job in found[:_SUGGESTIONS]]

    @guarded
    async def _show(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _say(interaction, await self._overview(interaction))

    async def _overview(self, interaction: Interaction) -> str:
        ledger = self._house.ledger
        jobs = {job.id: job for job in await ledger.jobs("running", "queued")}
        running = next((job for job in jobs.values() if job.state == "running" and _of(interaction, job)), None)
        order = {job_id: place for place, job_id in enumerate(await ledger.line())}
        waiting = [job for job in jobs.values() if job.state == "queued"]
        here = sorted((job for job in waiting if _of(interaction, job)), key=lambda job: order.get(job.id, job.number))
        paused = await ledger.paused(interaction.guild_id)
        menu = self._house.menu
        seen = frozenset(job.id for job in jobs.values() if _may_read(interaction, job))
        words = words_for(interaction)

        def entry(job: Job) -> str:
            name = texts.title(words, job.request, menu.label, 60)
            shown = name if job.id in seen else words("queue-in-another-channel")
            return f"<@{job.user_id}> {shown} ({job.id})"

        title = words("queue-title-paused" if paused else "queue-title")
        ready = self._house.dispatcher.ready()
        lines = [title if ready else words("queue-getting-ready", title=title)]
        lines += [words("queue-running", job=entry(running))] if running else []
        lines += [f"{place}. {entry(job)}" for place, job in enumerate(here[:_SHOWN], start=1)]
        lines += [words("queue-more", count=len(here) - _SHOWN)] if len(here) > _SHOWN else []
        elsewhere = len(waiting) - len(here)
        lines += [words("queue-elsewhere", count=elsewhere)] if elsewhere else []
        lines += [words("queue-empty")] if len(lines) == 1 else []
        return clipped("\n".join(lines), LONGEST_MESSAGE)

    @guarded
    async def _pause(self, interaction: Interaction) -> None:
        guild = require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        news = await self._house.store.pause(guild, interaction.user.id)
        await _say(interaction, words_for(interaction)("queue-paused" if news else "queue-already-paused"))

    @guarded
    async def _resume(self, interaction: Interaction) -> None:
        guild = require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        news = await self._house.store.unpause(guild)
        self._house.dispatcher.wake()
        await _say(interaction, words_for(interaction)("queue-resumed" if news else "queue-not-paused"))

    @guarded
    async def _cancel(self, interaction: Interaction, job: str) -> None:
        require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._house.ledger.job(job.strip())
        if found is None or not _of(interaction, found):
            raise Refusal.of("queue-unknown-job")
        said = await self._house.desk.cancel_job(found.id, interaction.user.id)
        await _say(interaction, words_for(interaction)(said))

    @guarded
    async def _clear(self, interaction: Interaction) -> None:
        guild = require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        count = await self._house.store.clear(guild, interaction.user.id)
        self._house.outbox.wake()
        await _say(interaction, words_for(interaction)("queue-cleared", count=count))


def _of(interaction: Interaction, job: Job) -> bool:
    """Whether a job belongs to where the person is; in direct messages, to the person."""
    if interaction.guild_id is None:
        return job.user_id == interaction.user.id and job.guild_id is None
    return job.guild_id == interaction.guild_id


def _may_read(interaction: Interaction, job: Job) -> bool:
    """Whether the person may read a job's prompt: it stands in this channel, is their own, or they run the server."""
    mine = job.user_id == interaction.user.id
    return mine or job.channel_id == interaction.channel_id or is_admin(interaction)


async def _say(interaction: Interaction, content: str) -> None:
    await interaction.edit_original_response(content=content, allowed_mentions=discord.AllowedMentions.none())
