"""Many people, random kills of bot and worker, a Discord that stumbles: each job is done, and shown once."""

from __future__ import annotations

import asyncio
import os
import random
import signal

from tests.bot.bench import Bench, finished
from tests.loopback import Interaction

KILLS = int(os.environ.get("LIMNER_CHAOS_KILLS", "5"))


async def test_no_kill_loses_or_doubles_a_picture(bench: Bench) -> None:
    chance = random.Random(int(os.environ.get("LIMNER_CHAOS_SEED", "1")))
    asked: list[Interaction] = []
    for kill in range(KILLS):
        for user in (bench.alice, bench.bob, bench.admin):
            asked.append(await user.slash(bench.channel, "imagine", prompt=f"picture {kill}", count=1))
        stumble(bench, chance)
        await asyncio.sleep(chance.uniform(0.0, 0.8))
        await strike(bench, chance)
    bench.discord.clear_faults()
    await bench.found("SELECT count(*) FROM jobs WHERE state != 'delivered'", [(0,)])
    shown = [message for message in bench.channel.messages if finished(message)]
    assert len(shown) == jobs(bench) == len({message.attachments[0].filename for message in shown})
    assert jobs(bench) >= len(asked) - KILLS


def jobs(bench: Bench) -> int:
    return int(bench.query("SELECT count(*) FROM jobs")[0][0])


def stumble(bench: Bench, chance: random.Random) -> None:
    effect = chance.random() < 0.5
    bench.discord.fail_next("PATCH", "/webhooks/", status=chance.choice([500, 502, 503]), after_effect=effect)


async def strike(bench: Bench, chance: random.Random) -> None:
    if chance.random() < 0.6:
        await bench.restart()
    else:
        os.kill(bench.worker_pid(), signal.SIGKILL)
        await asyncio.sleep(0.5)
