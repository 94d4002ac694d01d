"""A loopback Discord with a connected client in the test's own process, and doors to post by: no queue, no worker."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from tests.loopback import Channel, Guild, Interaction, LoopbackDiscord, Message, ScriptedUser
from tests.loopback.constants import InteractionType
from tests.loopback.in_process import running

from limner_bot.delivering.doors import Doors, Habits
from limner_bot.delivering.posts import Post, Upload
from limner_bot.delivering.rejections import Rejections
from limner_bot.queue.identity import new_id
from limner_bot.queue.records import Job
from limner_sdk import Request

PICTURE = b"picture " * 512


@dataclass
class Hall:
    """What a test needs in its hands. `opened` lists the doors that results have taken."""

    discord: LoopbackDiscord
    guild: Guild
    channel: Channel
    alice: ScriptedUser
    doors: Doors
    opened: list[str]
    rejections: Rejections
    hidden: bool = False

    async def asked(self, where: Channel | None = None, **changes: Any) -> tuple[Job, Interaction]:
        """A job whose interaction is acknowledged, and that interaction."""
        channel = where or self.channel
        data = {"name": "imagine", "type": 1}
        interaction = self.discord.world.new_interaction(InteractionType.COMMAND, self.alice, channel, data)
        answer = {"type": 5, "data": {"flags": 64 if changes.get("private") else 0}}
        if changes.get("part"):
            answer = {"type": 4, "data": {"content": "6 jobs"}}
        address = f"{self.discord.api_url}/interactions/{interaction.id}/{interaction.token}/callback"
        async with aiohttp.ClientSession() as session, session.post(address, json=answer) as reply:
            assert reply.status < 300, await reply.text()
        assert interaction.original is not None
        values = {
            "id": new_id(),
            "state": "rendered",
            "kind": "imagine",
            "user_id": int(self.alice.id),
            "guild_id": int(channel.guild.id) if channel.guild else None,
            "channel_id": int(channel.id),
            "part": 0,
            "token": interaction.token,
            "token_expires": time.time() + 800,
            "message_id": int(interaction.original.id),
            "size_limit": 10 * 2**20,
            "locale": "en",
            "private": False,
            "request": Request(prompt="a circle"),
        }
        nothing = dict.fromkeys(field.name for field in dataclasses.fields(Job))
        return Job(**nothing | values | changes), interaction  # type: ignore[arg-type]

    async def part(self, **changes: Any) -> tuple[Job, Interaction]:
        """The second of several jobs of one command: it has no message yet."""
        return await self.asked(part=2, message_id=None, **changes)

    def old(self, job: Job) -> Job:
        """The same job after a quarter of an hour."""
        self.discord.advance(16 * 60)
        return dataclasses.replace(job, token_expires=time.time() - 1)

    def shown(self, where: Channel | None = None) -> list[Message]:
        """The messages with pictures."""
        return [message for message in (where or self.channel).messages if message.attachments]

    def forgiven(self, *codes: int) -> None:
        """What a test has made Discord refuse is no violation; nothing else was."""
        assert {violation.code for violation in self.discord.violations} <= set(codes), self.discord.violations
        self.discord.violations.clear()


def picture(job: Job, text: str = "Here it is.") -> Post:
    """A result with one file."""
    return Post(text, (Upload(f"limner-{job.id}.png", PICTURE),))


@asynccontextmanager
async def opened_hall() -> AsyncIterator[Hall]:
    """A hall; what Discord refuses must be forgiven by the test."""
    async with LoopbackDiscord() as loopback:
        guild = loopback.add_guild("studio")
        alice = loopback.add_user("alice")
        guild.add_member(alice)
        rejections, opened = Rejections(), []
        client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None, http_trace=rejections.trace())
        channel = guild.add_channel("art")
        habits = Habits(lambda _: hall.hidden, opened.append, rejections)
        hall = Hall(loopback, guild, channel, alice, Doors(client, habits), opened, rejections)
        async with running(client, loopback):
            yield hall
        assert loopback.violations == []
