"""C9, C10, C11, C17: the worker eats all memory, hangs, is orphaned, or dies of one job again and again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from pathlib import Path

import pytest
from tests.bot.bench import finished
from tests.bot.crashes.scene import Scene

#: Seconds without a sign of life after which these bots replace their worker.
SILENCE = "1.5"
MIB = 2**20


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def alive(pid: int) -> bool:
    """Whether a process is there and is more than an entry in a table."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_job_that_wants_too_much_memory_costs_workers_and_no_memory_of_the_bot(scene: Scene) -> None:
    """C9."""
    bench = scene.bench
    await bench.start()
    await bench.result(await (await scene.imagine("a circle")).response())
    assert bench.bot is not None
    before = resident(bench.bot.pid)
    await bench.says(await scene.imagine("a hungry circle"), "3 attempts")
    assert resident(bench.bot.pid) - before < 20 * MIB
    assert finished(await bench.result(await (await scene.imagine("the next one")).response()))
    await scene.holds()


async def test_a_worker_in_which_nothing_moves_any_more_is_replaced(scene: Scene) -> None:
    """C10: a loop in C that holds Python's lock, so that not even the heartbeat comes."""
    scene.bench.extra["LIMNER_WORKER_SILENCE"] = SILENCE
    await scene.bench.start()
    await scene.bench.result(await (await scene.imagine("a frozen circle")).response())
    assert scene.bench.query("SELECT attempt FROM jobs") == [(2,)]
    await scene.holds()


@pytest.mark.long
async def test_a_stopped_worker_is_killed_and_replaced(scene: Scene) -> None:
    """C10: SIGSTOP, which leaves SIGTERM waiting too."""
    bench = scene.bench
    bench.extra["LIMNER_WORKER_SILENCE"] = SILENCE
    await bench.start()
    message = await scene.waiting("a slow circle")
    stopped, begun = bench.worker_pid(), time.monotonic()
    os.kill(stopped, signal.SIGSTOP)
    await bench.result(message)
    assert time.monotonic() - begun < 30
    assert not alive(stopped)
    await scene.holds()


async def test_a_stopped_bot_goes_on_where_it_was(scene: Scene) -> None:
    """C10: SIGSTOP of the bot itself; its worker waits for it, and nothing is done twice."""
    bench = scene.bench
    await bench.start()
    message = await scene.waiting("a slow circle")
    assert bench.bot is not None
    bench.bot.send_signal(signal.SIGSTOP)
    await asyncio.sleep(3)
    bench.bot.send_signal(signal.SIGCONT)
    await bench.result(message)
    assert bench.query("SELECT attempt FROM jobs") == [(1,)]
    await scene.holds()


async def test_no_worker_outlives_a_killed_bot(scene: Scene) -> None:
    """C11: gone within a second. That the real worker goes even in the middle of a step, tests/host shows."""
    await scene.bench.start()
    await scene.waiting("a slower circle")
    pid = scene.bench.worker_pid()
    await scene.bench.kill()
    gone = time.monotonic() + 1.0
    while alive(pid) and time.monotonic() < gone:
        await asyncio.sleep(0.01)
    assert not alive(pid)


async def test_a_job_that_always_takes_the_worker_down_ends_and_blocks_nobody(scene: Scene) -> None:
    """C17."""
    bench = scene.bench
    await bench.start()
    poison = [await scene.imagine(f"a {word} please") for word in ("crash", "internal")]
    good = await scene.ask(bench.bob.impatient.slash(bench.channel, "imagine", prompt="a circle"))
    await bench.result(await good.response())
    for interaction in poison:
        message = await bench.says(interaction, "3 attempts")
        assert not message.buttons()
    failed = bench.query("SELECT attempt FROM jobs WHERE state = 'failed'")
    assert failed == [(3,), (3,)]
    await bench.restart()  # what a dying worker has left behind goes at the next start
    await scene.holds()


async def test_half_written_files_do_not_stay(scene: Scene) -> None:
    await scene.bench.start()
    await scene.bench.result(await (await scene.imagine("crash-once and then a circle")).response())
    names = {path.name for path in (scene.bench.data / "limner" / "pictures").glob("*/*")}
    assert names == {"1.png", "2.png", "3.png", "4.png", "grid.png"}
    await scene.holds()
