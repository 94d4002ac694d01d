"""C1, C2, C18, one by one: killed or stopped at a chosen moment, nothing is lost and every job has one result."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.bot.bench import finished
from tests.bot.crashes.scene import Scene


async def test_a_button_of_an_old_message_works_after_a_restart(scene: Scene) -> None:
    bench = scene.bench
    await bench.start()
    await scene.furnish()
    await bench.restart()
    for label in ("V1", "U4", "Re-roll"):
        assert scene.grid is not None
        interaction = await scene.ask(bench.alice.press(scene.grid, label))
        assert finished(await bench.result(await interaction.response()))
    await scene.holds()


async def test_a_worker_killed_in_the_middle_is_replaced_and_the_job_is_done_once(scene: Scene) -> None:
    await scene.bench.start()
    message = await scene.waiting("a slow circle")
    os.kill(scene.bench.worker_pid(), signal.SIGKILL)
    await scene.bench.result(message)
    assert scene.bench.query("SELECT attempt, failures FROM jobs") == [(2, 1)]
    await scene.holds()


async def test_a_bot_killed_while_a_job_runs_makes_the_same_pictures_again(scene: Scene) -> None:
    await scene.bench.start()
    interaction = await scene.imagine("a slow circle", seed=5)
    message = await interaction.response()
    await scene.bench.progressing(message)
    await scene.bench.restart()
    await scene.bench.result(message)
    assert "seeds 5 to 8" in message.content
    await scene.holds()


async def test_a_bot_killed_while_jobs_wait_loses_none(scene: Scene) -> None:
    bench = scene.bench
    await bench.start()
    messages = [await (await scene.imagine("a slow one")).response()]
    for _ in range(3):
        other = await scene.ask(bench.bob.slash(bench.channel, "imagine", prompt="another"))
        messages.append(await other.response())
    await bench.until(lambda: all(not message.thinking for message in messages), "four places in the queue")
    await bench.restart()
    for message in messages:
        await bench.result(message)
    await scene.holds()


async def test_sigterm_leaves_cleanly_and_the_next_version_goes_on(scene: Scene) -> None:
    """C18."""
    bench = scene.bench
    await bench.start()
    message = await scene.waiting("a slow circle")
    pid = bench.worker_pid()
    assert await bench.stop() == 0
    assert bench.query("SELECT state FROM jobs") in ([("queued",)], [("rendered",)], [("delivered",)])
    assert not Path(f"/proc/{pid}").exists()
    await bench.start()
    await bench.result(message)
    await scene.holds()


async def test_a_bot_killed_during_its_farewell_loses_nothing(scene: Scene) -> None:
    bench = scene.bench
    await bench.start()
    message = await scene.waiting("a slower circle")
    assert bench.bot is not None
    bench.bot.send_signal(signal.SIGTERM)
    await bench.kill()
    await bench.start()
    await bench.progressing(message)
    await bench.alice.press(message, "Cancel")
    await scene.holds()
