"""A bench whose Discord keeps a journal, and which is judged by the oracle when all is quiet."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bot.bench import BOT, Bench
from tests.bot.crashes.journal import Journal
from tests.loopback import Interaction, Message

HERE = Path(__file__).parent
#: What the bot still owes to somebody.
UNFINISHED = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'rendered') OR told = 0"
#: What Discord may refuse while bots die: messages that were deleted, tokens that are old, answers that come twice.
EXPECTED = {10003, 10008, 10015, 10062, 40060, 50001, 50013, 50027}


@dataclass(frozen=True)
class Verdict:
    """What the oracle says, and which invariants it found broken."""

    text: str
    broken: frozenset[str]

    @property
    def findings(self) -> str:
        """What is broken, invariant by invariant; "" if everything holds."""
        return "\n".join(line for line in self.text.splitlines() if " BROKEN: " in line)


@dataclass
class Scene:
    """A bench and its journal. `grid` and `single` are pictures that lie there from the beginning."""

    bench: Bench
    journal: Journal
    grid: Message | None = None
    single: Message | None = None
    asked: list[Interaction] = field(default_factory=list)

    async def ask(self, doing: Awaitable[Interaction], jobs: int = 1) -> Interaction:
        """Note that somebody asks for pictures."""
        interaction = self.journal.asked(await doing, jobs)
        self.asked.append(interaction)
        return interaction

    async def imagine(self, prompt: str, **options: Any) -> Interaction:
        """Alice asks, and does not wait for an answer."""
        return await self.ask(self.bench.alice.impatient.slash(self.bench.channel, "imagine", prompt=prompt, **options))

    async def waiting(self, prompt: str) -> Message:
        """The message of a job that runs visibly."""
        message = await (await self.imagine(prompt)).response()
        await self.bench.progressing(message)
        return message

    async def furnish(self) -> None:
        """Have a grid and a single picture made."""
        self.grid = await self.bench.result(await (await self.imagine("a first circle")).response())
        self.single = await self.bench.result(await (await self.imagine("a lone circle", count=1)).response())

    def run(self, *words: str) -> None:
        """From now on the bot is this program of this folder, without words the real one."""
        self.bench.program = (sys.executable, str(HERE / words[0]), *words[1:]) if words else BOT

    @property
    def dead(self) -> bool:
        """Whether the bot has ended."""
        return self.bench.bot is None or self.bench.bot.poll() is not None

    async def bury(self) -> int:
        """Wait until a bot that is about to die is gone; its exit code."""
        assert self.bench.bot is not None
        code = await asyncio.to_thread(self.bench.bot.wait, 30)
        await self.bench.discord.wait_until_gone(30)
        return code

    async def unless_dead(self, work: Awaitable[Any], seconds: float = 30.0) -> bool:
        """Do something that needs a living bot; whether it came to its end."""
        doing, dying = asyncio.ensure_future(work), asyncio.ensure_future(self._death())
        await asyncio.wait({doing, dying}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        done = doing.done() and not doing.cancelled() and doing.exception() is None
        for task in (doing, dying):
            task.cancel()
        await asyncio.gather(doing, dying, return_exceptions=True)
        return done

    async def _death(self) -> None:
        while not self.dead:
            await asyncio.sleep(0.01)

    async def quiet(self, patience: float = 60.0) -> bool:
        """Wait until nobody is owed anything; whether that came about."""
        deadline = time.monotonic() + patience
        while self._unheard() or self.bench.query(UNFINISHED) != [(0,)] or self._promised():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.03)
        return True

    def _unheard(self) -> list[Interaction]:
        """What a living bot may still acknowledge."""
        return [asked for asked in self.asked if asked.callback is None and not asked.too_late_to_answer]

    def _promised(self) -> list[Message]:
        messages = [message for interaction in self.asked for message in interaction.messages]
        return [message for message in messages if message.thinking and not message.deleted]

    async def verdict(self) -> Verdict:
        """Let the bot leave, and ask the oracle."""
        if not self.dead:
            assert await self.bench.stop() == 0, self.bench.log[-6000:]
        words = [sys.executable, str(HERE / "oracle.py"), str(self.journal.path), str(self.bench.data / "limner")]
        judged = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
        assert not judged.stderr, judged.stderr
        text = judged.stdout
        self.forgive()
        return Verdict(text, frozenset(line.split()[0] for line in text.splitlines() if " BROKEN: " in line))

    def forgive(self) -> None:
        """Overlook what Discord refuses because somebody has died, deleted something or come late."""
        violations = self.bench.discord.violations
        violations[:] = [found for found in violations if found.code not in EXPECTED]

    async def holds(self) -> None:
        """Wait until all is quiet; every invariant must hold then."""
        quiet = await self.quiet()
        verdict = await self.verdict()
        assert quiet, f"something still waits\n{verdict.text}\n{self.bench.log[-6000:]}"
        assert not verdict.broken, f"{verdict.text}\n{self.bench.log[-6000:]}"
