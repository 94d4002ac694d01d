"""C1, C2: many people, random kills of bot and worker, a Discord that stumbles. `--seed` and `--kills` change it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bot.crashes.chaos import Chaos
from tests.bot.crashes.scene import Scene

KILLS, KILLS_OF_A_LONG_RUN, KILLS_OF_A_BROKEN_BOT = 5, 200, 6


def report(chaos: Chaos, verdict: str, folder: Path) -> str:
    """Print what happened, and say where it can be looked at."""
    text = f"\n{chaos.table()}\n{verdict}"
    print(text)
    return f"{text}\njournal, database and log: {folder}\n{chaos.scene.bench.log[-6000:]}"


async def run(scene: Scene, seed: int, kills: int) -> None:
    chaos = Chaos(scene, seed)
    await chaos.run(kills)
    quiet = await chaos.drained(120)
    verdict = await scene.verdict()
    words = report(chaos, verdict.text, scene.bench.data)
    assert not verdict.broken, words
    assert quiet, words


async def test_no_kill_loses_or_doubles_a_picture(scene: Scene, seed: int, pytestconfig: pytest.Config) -> None:
    await run(scene, seed, pytestconfig.getoption("--kills") or KILLS)


@pytest.mark.long
@pytest.mark.parametrize("offset", range(3))
async def test_two_hundred_kills_lose_and_double_nothing(
    scene: Scene, seed: int, offset: int, pytestconfig: pytest.Config
) -> None:
    await run(scene, seed + offset, pytestconfig.getoption("--kills") or KILLS_OF_A_LONG_RUN)


@pytest.mark.long
async def test_chaos_notices_a_bot_that_forgets_what_ran(scene: Scene, seed: int) -> None:
    scene.run("broken_bot.py", "no_resume")
    chaos = Chaos(scene, seed, prompts=("a slow circle",))
    await chaos.run(KILLS_OF_A_BROKEN_BOT)
    quiet = await chaos.drained(6)
    verdict = await scene.verdict()
    assert not quiet
    assert {"I1", "I3"} <= verdict.broken, report(chaos, verdict.text, scene.bench.data)
