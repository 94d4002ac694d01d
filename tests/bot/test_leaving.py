"""Draining and leaving: what runs is finished, what is rendered is delivered, and a kill in between loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from tests.bot.bench import Bench, finished


async def terminated(bench: Bench) -> int:
    """Wait until a bot that was told to stop has done so; its exit code."""
    assert bench.bot is not None
    code = await asyncio.to_thread(bench.bot.wait, 60)
    await bench.discord.wait_until_gone(60)
    return code


async def logged(bench: Bench, words: str) -> None:
    deadline = time.monotonic() + 60
    while words not in bench.log:
        assert time.monotonic() < deadline, bench.log[-3000:]
        await asyncio.sleep(0.02)


async def test_sigterm_lets_the_running_job_finish_and_says_so_to_others(bench: Bench) -> None:
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="slow", count=1)).response()
    await bench.progressing(running)
    waiting = await (await bench.bob.slash(bench.channel, "imagine", prompt="another", count=1)).response()
    assert bench.bot is not None
    bench.bot.send_signal(signal.SIGTERM)
    await logged(bench, "s to finish")
    refused = await bench.bob.slash(bench.channel, "imagine", prompt="one more")
    await bench.says(refused, "No jobs are taken at the moment")
    status = await (await bench.bob.slash(bench.channel, "status")).final_response()
    assert "No jobs are taken" in status.content
    assert "The host is ready" not in status.content
    assert await terminated(bench) == 0
    assert finished(running)
    assert bench.query("SELECT state, attempt FROM jobs ORDER BY number") == [("delivered", 1), ("queued", 0)]
    await bench.start()
    await bench.result(waiting)


async def test_a_job_that_takes_too_long_is_done_again_later(bench: Bench) -> None:
    bench.extra["LIMNER_QUEUE_DRAIN_SECONDS"] = "0.5"
    await bench.restart()
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="slow", count=1)).response()
    await bench.progressing(running)
    begun = time.monotonic()
    assert await bench.stop() == 0
    assert time.monotonic() - begun < 8
    assert bench.query("SELECT state, failures FROM jobs") == [("queued", 0)]
    await bench.start()
    await bench.result(running)
    assert len(bench.results()) == 1


async def test_a_second_signal_cuts_the_farewell_short(bench: Bench) -> None:
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="slower", count=1)).response()
    await bench.progressing(running)
    assert bench.bot is not None
    bench.bot.send_signal(signal.SIGTERM)
    await logged(bench, "s to finish")
    begun = time.monotonic()
    bench.bot.send_signal(signal.SIGTERM)
    assert await terminated(bench) == 0
    assert time.monotonic() - begun < 8
    assert bench.query("SELECT state, failures FROM jobs") == [("queued", 0)]


async def test_a_kill_in_any_state_of_the_farewell_loses_and_doubles_nothing(bench: Bench) -> None:
    """Right after the signal, while the job goes on, and when it is done."""
    assert bench.bot is not None
    for pause in (0.0, 0.5, 2.0):
        running = await (await bench.alice.slash(bench.channel, "imagine", prompt=f"slow {pause}", count=1)).response()
        await bench.progressing(running)
        bench.bot.send_signal(signal.SIGTERM)
        await asyncio.sleep(pause)
        if bench.bot.poll() is None:
            await bench.kill()
        await bench.discord.wait_until_gone(60)
        await bench.start()
        await bench.result(running)
        await bench.found("SELECT count(*) FROM jobs WHERE state <> 'delivered'", [(0,)])
    assert len(bench.results()) == 3


async def test_a_kill_of_the_worker_or_the_bot_while_it_is_drained_loses_nothing(bench: Bench) -> None:
    bench.extra["LIMNER_OPERATORS"] = str(bench.admin.id)
    await bench.restart()
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="slow", count=1)).response()
    await bench.progressing(running)
    await (await bench.admin.slash(bench.channel, "queue drain")).final_response()
    os.kill(bench.worker_pid(), signal.SIGKILL)
    await bench.found("SELECT state FROM jobs", [("queued",)])
    await bench.restart()
    assert bench.query("SELECT state FROM jobs") == [("queued",)]
    await (await bench.admin.slash(bench.channel, "queue undrain")).final_response()
    await bench.result(running)
    assert len(bench.results()) == 1
