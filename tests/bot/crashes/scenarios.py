"""Short stories in which a bot without one of its precautions would lose or double something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.bot.bench import finished
from tests.bot.crashes.scene import Scene
from tests.loopback.constants import Intent
from tests.loopback.payloads import interaction_payload


@dataclass(frozen=True)
class Scenario:
    """A story, the piece of the bot that it is about, and the invariant that breaks without it."""

    play: Callable[[Scene], Awaitable[None]]
    without: str
    breaks: str


async def lost_reply_to_a_new_message(scene: Scene) -> None:
    """The placeholder is gone, the new message stands, its reply is lost, and so is the bot."""
    bench = scene.bench
    message = await scene.waiting("a slow circle")
    bench.discord.world.delete(message)
    bench.discord.fail_next("POST", "/channels/.*/messages", status=503, after_effect=True, times=50)
    await bench.until(bench.results, "a new message whose reply is lost")
    await bench.kill()
    bench.discord.clear_faults()
    bench.discord.advance(600)
    await bench.start()


async def late_answer_of_a_dead_attempt(scene: Scene) -> None:
    """The worker dies, and what it wanted to say still arrives while the second attempt runs."""
    await scene.bench.result(await (await scene.imagine("a late circle", count=1)).response())
    await asyncio.sleep(1.0)  # the second attempt's own pictures, if nobody stopped it


async def killed_while_running(scene: Scene) -> None:
    """The bot dies with a running job."""
    await scene.waiting("a slow circle")
    await scene.bench.kill()
    await scene.bench.start()


async def killed_between_rendering_and_posting(scene: Scene) -> None:
    """The pictures lie on the disk when the bot dies, and nobody asks for anything afterwards."""
    bench = scene.bench
    bench.discord.fail_next("PATCH", "/webhooks/", status=503, times=1000)
    await (await scene.imagine("a circle")).response()
    await bench.state("rendered")
    await bench.kill()
    bench.discord.clear_faults()
    await bench.start()


async def killed_after_posting(scene: Scene) -> None:
    """The result stands in Discord, and the bot dies before it knows."""
    bench = scene.bench
    message = await scene.waiting("a slow circle")
    bench.discord.fail_next("PATCH", "/webhooks/", status=503, after_effect=True, times=50)
    await bench.until(lambda: finished(message), "the result whose reply is lost")
    await bench.kill()
    bench.discord.clear_faults()
    await bench.start()


async def interaction_that_arrives_twice(scene: Scene) -> None:
    """Discord sends the same event again."""
    interaction = await scene.imagine("a circle")
    world = scene.bench.discord.world
    world.emit("INTERACTION_CREATE", interaction_payload(world, interaction), Intent.NONE)
    await scene.bench.result(await interaction.response())


SCENARIOS = (
    Scenario(lost_reply_to_a_new_message, "no_nonce", "I2"),
    Scenario(late_answer_of_a_dead_attempt, "no_fence", "I4"),
    Scenario(killed_while_running, "no_resume", "I3"),
    Scenario(killed_between_rendering_and_posting, "no_wake", "I3"),
    Scenario(interaction_that_arrives_twice, "no_unique", "I2"),
)
