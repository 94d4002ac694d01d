"""Random people, random faults of Discord, random kills of bot and worker; every choice comes from the seed."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field

from tests.bot.bench import finished, labels
from tests.bot.crashes.scene import Scene
from tests.bot.stub_host import png
from tests.loopback import Interaction, Message, ScriptedUser, Upload

#: Where Discord stumbles: the answer to the command, the message of the job, a new message in the channel.
PLACES = (("POST", "/callback"), ("PATCH", "/webhooks/"), ("POST", "/channels/.*/messages"))
PROMPTS = (*["a circle"] * 9, "a slow circle", "a crash-once circle", "a plugin circle")
#: The buttons below pictures that make a job.
ORDERS = re.compile(r"[UV]\d|Re-roll|Variations|Enlarge|Shine")
#: Seconds between a deed and the next kill. Now and then more, so that the queue does not only grow.
LONGEST_PAUSE, BREATH, HOW_OFTEN = 0.8, 3.0, 0.3


@dataclass
class Chaos:
    """One run. `counts` is what its table tells."""

    scene: Scene
    seed: int
    prompts: tuple[str, ...] = PROMPTS
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    async def run(self, kills: int) -> None:
        """Let people act, Discord stumble and processes die, until so many kills have been done."""
        bench = self.scene.bench
        await bench.start()
        while self.counts["kills of the bot"] + self.counts["kills of the worker"] < kills:
            for user in self.chance.sample((bench.alice, bench.bob, bench.admin), self.chance.choice((1, 2, 2))):
                await self._act(user.impatient)
            self._stumble()
            longest = BREATH if self.chance.random() < HOW_OFTEN else LONGEST_PAUSE
            await asyncio.sleep(self.chance.uniform(0.0, longest))
            await self._strike()
        bench.discord.clear_faults()

    async def drained(self, patience: float) -> bool:
        """Wait for the end of everything; whether it came."""
        started = time.monotonic()
        quiet = await self.scene.quiet(patience)
        self.counts["seconds until all was quiet"] = round(time.monotonic() - started)
        return quiet

    def table(self) -> str:
        """What happened, as lines for people."""
        bench = self.scene.bench
        states = bench.query("SELECT state, count(*) FROM jobs GROUP BY state ORDER BY state")
        rows = [("seed", self.seed), *sorted(self.counts.items())]
        rows += [(f"jobs {state}", count) for state, count in states]
        rows += [("REST calls", len(bench.discord.requests)), ("invalid answers", bench.discord.invalid_requests)]
        return "\n".join(f"{name:<28} {value:>8}" for name, value in rows)

    async def _act(self, user: ScriptedUser) -> None:
        what = self.chance.choice(("imagine", "imagine", "imagine", "press", "press", "upload", "cancel", "delete"))
        self.counts[what] += 1
        if what == "cancel":
            await self._cancel(user)
        elif what == "delete":
            self._delete()
        else:
            await self.scene.ask(self._order(what, user))

    def _order(self, what: str, user: ScriptedUser) -> Awaitable[Interaction]:
        channel, shown = self.scene.bench.channel, self.scene.bench.results()
        if what == "press" and shown:
            message = self.chance.choice(shown)
            if orders := [label for label in labels(message) if ORDERS.fullmatch(label)]:
                return user.press(message, self.chance.choice(orders))
        if what == "upload":
            picture = Upload("a.png", png(32, 32, self.chance.randbytes(3)))
            return user.slash(channel, "finish", picture=picture, **{"with": "enlarge"})
        return user.slash(channel, "imagine", prompt=self.chance.choice(self.prompts), count=self.chance.choice((1, 4)))

    async def _cancel(self, user: ScriptedUser) -> None:
        """Press Cancel below anything that waits or runs."""
        if waiting := self._waiting():
            message = self.chance.choice(waiting)
            await user.press(message, "Cancel")

    def _delete(self) -> None:
        """A moderator removes a message that waits for its result."""
        if waiting := self._waiting():
            self.scene.bench.discord.world.delete(self.chance.choice(waiting))

    def _waiting(self) -> list[Message]:
        messages = [message for message in self.scene.bench.channel.messages if not message.ephemeral]
        return [message for message in messages if "Cancel" in labels(message) and not finished(message)]

    def _stumble(self) -> None:
        method, place = self.chance.choice(PLACES)
        status, after = self.chance.choice((500, 502, 503, 504)), self.chance.random() < 0.5
        cut = self.chance.random() < 0.2
        self.counts["faults of Discord"] += 1
        self.scene.bench.discord.fail_next(method, place, status=status, after_effect=after, cut=cut)

    async def _strike(self) -> None:
        bench = self.scene.bench
        if self.chance.random() < 0.6:
            await bench.restart()
            self.counts["kills of the bot"] += 1
        elif worker := bench.children():
            os.kill(worker[0], signal.SIGKILL)
            self.counts["kills of the worker"] += 1
