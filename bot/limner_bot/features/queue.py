"""/queue: everyone may look; those who run the server steer it, by commands or by a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.delivering import texts
from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import EVERYWHERE
from limner_bot.queue.identity import ID
from limner_bot.queue.records import Job
from limner_bot.talking.access import is_admin, require_operator, require_owner, require_scope
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, label
from limner_bot.words import Said, Words
from limner_bot.working.outlook import View

from .deciding import Interaction, answer, may_decide
from .panel import Panel
from .panel_page import Spot
from .steering import Steering, covers, in_scope

_SUGGESTIONS: Final = 25
_SHOWN: Final = 10
_AnyInteraction = discord.Interaction[discord.Client]


@dataclass(frozen=True)
class Queue:
    """Looking at the queue, and steering it."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/queue."""
        return (_Commands(self),)

    def actions(self) -> Sequence[Action]:
        """Cancelling, and what the panel has."""
        return (Action("c", self.cancel, f"({ID})"), *self.panel.actions())

    @property
    def panel(self) -> Panel:
        """The panel."""
        return Panel(self.house)

    async def cancel(self, interaction: Interaction, job: str) -> None:
        """Stop a job that waits or runs."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.house.ledger.job(job)
        if found is None:
            raise Refusal.of("queue-unknown-job")
        require_owner(interaction, found)
        said = await self.house.desk.cancel_job(job, interaction.user.id)
        if interaction.user.id != found.user_id and said != "cancel-late":
            scope = found.guild_id or EVERYWHERE
            who = f"<@{found.user_id}>"
            await self.house.policies.audit.note(scope, interaction.user.id, "act-job-cancelled", who, job)
        await answer(interaction, words_for(interaction)(said))

    @guarded
    async def show(self, interaction: Interaction) -> None:
        """Who waits, for everybody."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await answer(interaction, await self._overview(interaction))

    async def _overview(self, interaction: Interaction) -> str:
        house, words = self.house, words_for(interaction)
        view = await house.outlook.view()
        jobs = await house.ledger.jobs("running", "queued")
        order = {job: place for place, job in enumerate(view.places)}
        here = sorted((job for job in jobs if _of(interaction, job)), key=lambda job: order.get(job.id, job.number))
        waiting = [job for job in here if job.state == "queued"]
        title = words("queue-title-paused" if view.is_paused(interaction.guild_id) else "queue-title")
        lines = [title if house.dispatcher.ready() else words("queue-getting-ready", title=title)]
        lines += [] if house.gate.is_open else [words("not-accepting")]
        lines += [words("queue-running", job=self._entry(interaction, job)) for job in here if job.state == "running"]
        for place, job in enumerate(waiting[:_SHOWN], start=1):
            lines.append(f"{place}. {self._entry(interaction, job)}{_times(words, job, view)}")
        lines += [words("queue-more", count=len(waiting) - _SHOWN)] if len(waiting) > _SHOWN else []
        elsewhere = sum(job.state == "queued" for job in jobs) - len(waiting)
        lines += [words("queue-elsewhere", count=elsewhere)] if elsewhere else []
        lines += [words("queue-empty")] if len(lines) == 1 else []
        return clipped("\n".join(lines), LONGEST_MESSAGE)

    def _entry(self, interaction: Interaction, job: Job) -> str:
        words = words_for(interaction)
        if not _may_read(interaction, job):
            name = words("queue-private" if job.private else "queue-in-another-channel")
        else:
            name = texts.title(words, job.request, self.house.menu.label, 60)
        return f"<@{job.user_id}> {name} ({job.id})"

    @guarded
    async def open_panel(self, interaction: Interaction) -> None:
        """The panel, for administrators."""
        await self.panel.open(interaction)

    @guarded
    async def act(self, interaction: Interaction, act: str, job: str = "", everywhere: bool = False) -> None:
        """What one command is about: a job, the server, or (`everywhere`) all of them."""
        scope = require_scope(interaction, self.house.settings, everywhere=everywhere)
        if act in ("drain", "undrain"):
            require_operator(interaction, self.house.settings)
        await interaction.response.defer(ephemeral=True, thinking=True)
        if act == "clear":
            await self.panel.ask(interaction, act, Spot(scope), panel=False)
            return
        said = await self._done(act, scope, job, interaction.user.id)
        await answer(interaction, words_for(interaction).say(said))

    async def _done(self, act: str, scope: int, job: str, by: int) -> Said:
        steering = Steering(self.house)
        match act:
            case "pause":
                return await steering.pause(scope, by)
            case "resume":
                return await steering.resume(scope, by)
            case "cancel":
                return await steering.cancel(scope, job, by)
            case "retry":
                return await steering.retry(scope, job, by)
            case "drain":
                return await steering.drain(by)
            case "undrain":
                return await steering.undrain(by)
        return await steering.move(scope, job, by, front=act == "front")

    async def suggested(self, interaction: Interaction, typed: str, *states: str) -> list[Choice[str]]:
        """The jobs that could be meant."""
        if interaction.guild_id is None or not may_decide(interaction, self.house):
            return []
        words = words_for(interaction)
        named = [(job, _plain_name(words, job)) for job in await self._jobs(interaction.guild_id, *states)]
        found = [(job, name) for job, name in named if typed.casefold() in f"{job.id} {name}".casefold()]
        return [Choice(name=label(f"{job.id} {name}", 90), value=job.id) for job, name in found[:_SUGGESTIONS]]

    async def _jobs(self, guild_id: int, *states: str) -> list[Job]:
        which, values = in_scope(guild_id)
        marks = ", ".join("?" * len(states))
        sql = f"SELECT * FROM jobs WHERE state IN ({marks}) AND {which} ORDER BY number DESC LIMIT 500"
        jobs = [Job.of(row) for row in await self.house.database.rows(sql, (*states, *values))]
        return [job for job in reversed(jobs) if covers(guild_id, job)]


class _Commands(app_commands.Group):
    """The group; rights are checked at every call, because an administrator may show the command to anybody."""

    def __init__(self, serve: Queue) -> None:
        super().__init__(name="queue", description="See who waits; administrators also steer the queue")
        self._serve = serve

    @app_commands.command(name="show", description="Show who waits for pictures; only you see the answer")
    async def show(self, interaction: _AnyInteraction) -> None:
        await self._serve.show(interaction)

    @app_commands.command(name="panel", description="Steer the queue by menus and buttons (administrators)")
    async def panel(self, interaction: _AnyInteraction) -> None:
        await self._serve.open_panel(interaction)

    @app_commands.command(name="pause", description="Start no more jobs of this server (administrators)")
    @app_commands.describe(everywhere="Those of all servers and direct messages (operators)")
    async def pause(self, interaction: _AnyInteraction, everywhere: bool = False) -> None:
        await self._serve.act(interaction, "pause", everywhere=everywhere)

    @app_commands.command(name="resume", description="Start the jobs of this server again (administrators)")
    @app_commands.describe(everywhere="Those of all servers and direct messages (operators)")
    async def resume(self, interaction: _AnyInteraction, everywhere: bool = False) -> None:
        await self._serve.act(interaction, "resume", everywhere=everywhere)

    @app_commands.command(name="cancel", description="Cancel one job of this server (administrators)")
    @app_commands.describe(job="The job, as /queue show lists it")
    @app_commands.guild_only()
    async def cancel(self, interaction: _AnyInteraction, job: str) -> None:
        await self._serve.act(interaction, "cancel", job)

    @app_commands.command(name="move", description="Put a waiting job before or behind all others (administrators)")
    @app_commands.describe(job="The job, as /queue show lists it", to="Where it goes")
    @app_commands.guild_only()
    async def move(self, interaction: _AnyInteraction, job: str, to: Literal["front", "back"]) -> None:
        await self._serve.act(interaction, to, job)

    @app_commands.command(name="retry", description="Try a failed job once more (administrators)")
    @app_commands.describe(job="The job that has failed")
    @app_commands.guild_only()
    async def retry(self, interaction: _AnyInteraction, job: str) -> None:
        await self._serve.act(interaction, "retry", job)

    @app_commands.command(name="clear", description="Cancel all waiting jobs of this server (administrators)")
    @app_commands.describe(everywhere="Those of all servers and direct messages (operators)")
    async def clear(self, interaction: _AnyInteraction, everywhere: bool = False) -> None:
        await self._serve.act(interaction, "clear", everywhere=everywhere)

    @app_commands.command(name="drain", description="Finish the running job and take no more (operators)")
    async def drain(self, interaction: _AnyInteraction) -> None:
        await self._serve.act(interaction, "drain", everywhere=True)

    @app_commands.command(name="undrain", description="Take jobs again (operators)")
    async def undrain(self, interaction: _AnyInteraction) -> None:
        await self._serve.act(interaction, "undrain", everywhere=True)

    @cancel.autocomplete("job")
    async def suggest_unfinished(self, interaction: _AnyInteraction, typed: str) -> list[Choice[str]]:
        return await self._serve.suggested(interaction, typed, "running", "queued")

    @move.autocomplete("job")
    async def suggest_waiting(self, interaction: _AnyInteraction, typed: str) -> list[Choice[str]]:
        return await self._serve.suggested(interaction, typed, "queued")

    @retry.autocomplete("job")
    async def suggest_failed(self, interaction: _AnyInteraction, typed: str) -> list[Choice[str]]:
        return await self._serve.suggested(interaction, typed, "failed")


def _times(words: Words, job: Job, view: View) -> str:
    """When a waiting job begins, and how long it takes, if that is known."""
    place = view.places.get(job.id)
    if place is None or place.begins is None:
        return ""
    begins = words("queue-begins", time=texts.duration(words, place.begins))
    if place.done is None:
        return f" · {begins}"
    return f" · {begins} · {words('panel-cost', time=texts.lasted(words, place.done - place.begins))}"


def _plain_name(words: Words, job: Job) -> str:
    return words("queue-private") if job.private else job.request.prompt


def _of(interaction: Interaction, job: Job) -> bool:
    """Whether a job belongs to where the person is; in direct messages, to the person."""
    if interaction.guild_id is None:
        return job.user_id == interaction.user.id and job.guild_id is None
    return job.guild_id == interaction.guild_id


def _may_read(interaction: Interaction, job: Job) -> bool:
    """Whether the person may read a job's prompt: it is their own, or it stands in this channel, or they run the
    server; what is private is only theirs."""
    if job.user_id == interaction.user.id:
        return True
    return not job.private and (job.channel_id == interaction.channel_id or is_admin(interaction))
