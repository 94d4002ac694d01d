"""C8: the clock jumps. Nothing expires in a mass, nothing is stuck, and nothing comes twice."""

from __future__ import annotations

import pytest
from tests.bot.bench import finished
from tests.bot.crashes.scene import Scene

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize("jump", [DAY, *(pytest.param(jump, marks=pytest.mark.long) for jump in (-DAY, -HOUR, HOUR))])
async def test_a_clock_that_jumps_while_jobs_run_and_wait_loses_nothing(scene: Scene, jump: int) -> None:
    bench, clock = scene.bench, scene.bench.data / "clock"
    clock.write_text("0")
    scene.run("troubled_bot.py", str(clock))
    await bench.start()
    running = await scene.waiting("a slow circle")
    waiting = await (await scene.imagine("the next one")).response()
    clock.write_text(str(jump))
    later = await (await scene.imagine("a later one")).response()
    for message in (running, waiting, later):
        assert finished(await bench.result(message))
    assert bench.query("SELECT max(attempt) FROM jobs") == [(1,)]
    await scene.holds()


async def test_a_clock_that_jumps_while_the_bot_is_away_loses_nothing(scene: Scene) -> None:
    bench, clock = scene.bench, scene.bench.data / "clock"
    clock.write_text(str(DAY))
    scene.run("troubled_bot.py", str(clock))
    await bench.start()
    message = await scene.waiting("a slow circle")
    await bench.kill()
    clock.write_text(str(-DAY))
    await bench.start()
    assert finished(await bench.result(message))
    await scene.holds()
