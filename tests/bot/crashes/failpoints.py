"""Kills the bot at one line while it serves one kind of job, and looks whether the next bot mends everything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.bot.crashes.failing_bot import DIED, When
from tests.bot.crashes.kinds import KINDS, served
from tests.bot.crashes.scene import Scene, Verdict


@dataclass(frozen=True)
class Point:
    """The `k`-th call of a function while a job of a kind is served, by a fresh bot."""

    kind: str
    name: str
    when: When
    k: int = 1

    def __str__(self) -> str:
        return f"{self.kind}, {self.when} call {self.k} of {self.name}"


@dataclass
class Trace:
    """Which functions each kind of job calls, and how often."""

    calls: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def reached(self) -> set[str]:
        """The functions that any kind calls."""
        return {name for calls in self.calls.values() for name in calls}

    def points(self) -> list[Point]:
        """Each function at its first call, after one of the later ones, and slowly where the disk is waited for."""
        return [
            Point(kind, name, when, k)
            for kind, calls in self.calls.items()
            for name, count in sorted(calls.items())
            for when, k in _moments(name, count)
        ]


def _moments(name: str, calls: int) -> Iterator[tuple[When, int]]:
    yield from (("before", 1), ("after", 1))
    if calls > 1:
        yield "after", min(calls, 3)
    if name.startswith("Store."):
        yield "slowly", 1


async def traced(scene: Scene, kinds: Iterable[str] = KINDS) -> Trace:
    """Have each kind of job served by a bot that notes what it calls; each bot is started anew."""
    await scene.bench.start()
    await scene.furnish()
    trace = Trace()
    for name in kinds:
        file = scene.bench.data / f"{name}.calls"
        await scene.bench.kill()
        scene.run("failing_bot.py", "trace", str(file))
        await scene.bench.start()
        await served(scene, KINDS[name])
        await scene.bench.stop()
        trace.calls[name] = Counter(file.read_text().split())
        scene.run()
        await scene.bench.start()
    return trace


async def struck(scene: Scene, point: Point, recovery: tuple[str, ...] = (), patience: float = 60.0) -> Verdict | None:
    """Start a bot that dies at `point`, serve a job, start a sound one, and judge; None if it never came there.

    The bot of before is gone, and no bot runs afterwards.
    """
    scene.run("failing_bot.py", "die", point.name, point.when, str(point.k))
    scene.bench.launch()
    if await scene.unless_dead(_connected(scene)):
        await scene.unless_dead(served(scene, KINDS[point.kind]))
        if not scene.dead:
            await scene.bench.stop()
    if await scene.bury() != DIED:
        return None
    scene.run(*recovery)
    await scene.bench.start()
    await scene.quiet(patience)
    return await scene.verdict()


async def _connected(scene: Scene) -> None:
    await scene.bench.discord.wait_until_ready(30)
    while not scene.bench.children():
        await asyncio.sleep(0.01)
