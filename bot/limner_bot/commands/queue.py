"""/queue: everyone may look; those who run the server may pause it, resume it, cancel jobs and clear it."""

from __future__ import annotations

from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot import texts
from limner_bot.access import is_admin, require_admin
from limner_bot.desk import Desk
from limner_bot.guard import Refusal, guarded
from limner_bot.records import Job

Interaction = discord.Interaction[Any]
_SUGGESTIONS: Final = 25


class QueueCommands(app_commands.Group):
    """The group; rights are checked at every call, because an administrator may show the command to anybody."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(name="queue", description="See who waits; administrators also steer the queue")
        self._desk = desk

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
        jobs = [job for job in await self._desk.ledger.jobs("running", "queued") if _of(interaction, job)]
        found = [job for job in jobs if typed.casefold() in f"{job.id} {job.request.prompt}".casefold()]
        return [
            Choice(name=texts.clipped(texts.clean(f"{job.id} {job.request.prompt}"), 90), value=job.id)
            for job in found[:_SUGGESTIONS]
        ]

    @guarded
    async def _show(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _say(interaction, await self._overview(interaction))

    async def _overview(self, interaction: Interaction) -> str:
        ledger = self._desk.ledger
        jobs = {job.id: job for job in await ledger.jobs("running", "queued")}
        running = next((job for job in jobs.values() if job.state == "running" and _of(interaction, job)), None)
        order = {job_id: place for place, job_id in enumerate(await ledger.line())}
        waiting = [job for job in jobs.values() if job.state == "queued"]
        here = sorted((job for job in waiting if _of(interaction, job)), key=lambda job: order.get(job.id, job.number))
        paused = await ledger.paused(interaction.guild_id)
        menu = self._desk.menu
        seen = frozenset(job.id for job in jobs.values() if _may_read(interaction, job))
        return texts.queue(
            running, here, len(waiting), seen, menu.cost, menu.label, paused=paused, ready=self._desk.dispatcher.ready()
        )

    @guarded
    async def _pause(self, interaction: Interaction) -> None:
        guild = require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        news = await self._desk.store.pause(guild, interaction.user.id)
        await _say(interaction, texts.PAUSED if news else texts.ALREADY_PAUSED)

    @guarded
    async def _resume(self, interaction: Interaction) -> None:
        guild = require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        news = await self._desk.store.unpause(guild)
        self._desk.dispatcher.wake()
        await _say(interaction, texts.RESUMED if news else texts.NOT_PAUSED)

    @guarded
    async def _cancel(self, interaction: Interaction, job: str) -> None:
        require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._desk.ledger.job(job.strip())
        if found is None or not _of(interaction, found):
            raise Refusal(texts.UNKNOWN_JOB)
        await _say(interaction, await self._desk.cancel_job(found.id, interaction.user.id))

    @guarded
    async def _clear(self, interaction: Interaction) -> None:
        guild = require_admin(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        count = await self._desk.store.clear(guild, interaction.user.id)
        self._desk.outbox.wake()
        await _say(interaction, texts.cleared(count))


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
