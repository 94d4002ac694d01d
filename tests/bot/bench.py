"""The bench that end-to-end tests work on: a loopback Discord, people, and the real bot as a process of its own."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.loopback import Channel, Guild, Interaction, LoopbackDiscord, Message, Permission, ScriptedUser

STUB_HOST = (sys.executable, str(Path(__file__).with_name("stub_host.py")))
BOT = (sys.executable, "-m", "limner_bot")
PATIENCE = 120.0


@dataclass
class Bench:
    """Everything a test needs in its hands. `worker` is the host's command line, `program` the bot's."""

    discord: LoopbackDiscord
    guild: Guild
    channel: Channel
    alice: ScriptedUser
    bob: ScriptedUser
    admin: ScriptedUser
    data: Path
    worker: tuple[str, ...]
    extra: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = BOT
    bot: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the bot has logged."""
        return (self.data / "bot.log").read_text()

    async def start(self) -> None:
        """Start the bot and wait until it is connected."""
        bot = self.launch()
        deadline = time.monotonic() + PATIENCE
        while not self.discord.gateway.connections:
            assert bot.poll() is None, f"the bot has ended\n{self.log[-6000:]}"
            assert time.monotonic() < deadline, f"waited for the bot to connect\n{self.log[-6000:]}"
            await asyncio.sleep(0.01)
        await self._catalogue()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the bot and wait for nothing."""
        environment = os.environ | self.discord.environment() | self.extra
        environment |= {"LIMNER_DATA_DIR": str(self.data / "limner"), "LIMNER_WORKER": shlex.join(self.worker)}
        with (self.data / "bot.log").open("ab") as log:
            self.bot = subprocess.Popen(self.program, env=environment, stderr=log)
        return self.bot

    async def _catalogue(self) -> None:
        """The first host of a fresh bot takes its time; names are checked once it has spoken."""
        await self.found("SELECT 1 FROM settings WHERE name = 'catalogue'", [(1,)])

    async def kill(self) -> None:
        """End the bot without a warning."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask the bot to leave; its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.bot is not None
        self.bot.send_signal(number)
        code = await asyncio.to_thread(self.bot.wait, 15)
        await self.discord.wait_until_gone(PATIENCE)
        return code

    async def restart(self) -> None:
        """Kill it and start it again."""
        await self.kill()
        await self.start()

    async def imagine(self, prompt: str, user: ScriptedUser | None = None, **options: Any) -> Message:
        """Ask for pictures and wait for them."""
        interaction = await (user or self.alice).slash(self.channel, "imagine", prompt=prompt, **options)
        return await self.result(await interaction.response())

    async def press(self, message: Message, button: str, user: ScriptedUser | None = None) -> Message:
        """Press a button and wait for the pictures."""
        return await self.result(await (await (user or self.alice).press(message, button)).response())

    async def result(self, message: Message) -> Message:
        """Wait until the message shows its result."""
        await self.until(lambda: finished(message), f"the result in {message!r}")
        return message

    async def until(self, condition: Any, what: str) -> None:
        """Wait for anything; on failure the bot's log says why."""
        try:
            await self.discord.wait_until(condition, PATIENCE, what)
        except TimeoutError:
            raise AssertionError(f"waited for {what}\n{self.log[-6000:]}") from None

    async def says(self, interaction: Interaction, words: str) -> Message:
        """Wait until the answer to an interaction, whichever message that is, says something."""

        def heard() -> list[Message]:
            return [message for message in interaction.messages if words in message.content]

        await self.until(heard, f"{words!r} in {interaction.messages}")
        return heard()[0]

    async def progressing(self, message: Message) -> None:
        """Wait until the job of a message runs visibly."""
        await self.until(lambda: "▱" in message.content, "progress")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the bot's database."""
        connection = sqlite3.connect(self.data / "limner" / "limner.sqlite3")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    async def state(self, wanted: str) -> None:
        """Wait until the newest job is in this state."""
        await self.found("SELECT state FROM jobs ORDER BY number DESC LIMIT 1", [(wanted,)])

    async def found(self, sql: str, wanted: list[tuple[Any, ...]]) -> None:
        """Wait until the bot's database answers so."""
        deadline = time.monotonic() + PATIENCE
        while self.query(sql) != wanted:
            assert time.monotonic() < deadline, f"{sql}: {self.query(sql)}, not {wanted}\n{self.log[-6000:]}"
            await asyncio.sleep(0.02)

    def results(self) -> list[Message]:
        """All messages of the channel that show a result."""
        return [message for message in self.channel.messages if finished(message)]

    def children(self) -> list[int]:
        """The process ids of the bot's worker, if it has one at the moment."""
        assert self.bot is not None
        return [int(pid) for pid in Path(f"/proc/{self.bot.pid}/task/{self.bot.pid}/children").read_text().split()]

    def worker_pid(self) -> int:
        """The process id of the bot's worker."""
        return self.children()[0]


def furnished(discord: LoopbackDiscord, data: Path, worker: tuple[str, ...]) -> Bench:
    """A server with a channel and three people in it; the bot is not started yet."""
    guild = discord.add_guild("studio")
    alice, bob, admin = (discord.add_user(name) for name in ("alice", "bob", "admin"))
    guild.add_member(alice)
    guild.add_member(bob)
    guild.add_member(admin, permissions=Permission.MANAGE_GUILD)
    return Bench(discord, guild, guild.add_channel("art"), alice, bob, admin, data, worker)


def finished(message: Message) -> bool:
    """Whether a message shows pictures, and nothing to cancel any more."""
    return bool(message.attachments) and "Cancel" not in labels(message)


def labels(message: Message) -> list[str]:
    """The labels of a message's buttons."""
    return [button.label or "" for button in message.buttons()]
