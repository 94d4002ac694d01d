"""The whole bot on a loopback Discord: how soon it answers, how many jobs it moves, what it keeps in memory.

``python tests/bench/bot_at_work.py answers|jobs|memory|preview`` prints one table; the bot is a process of its own.

- ``answers``: commands come at a fixed rate, whether the last was answered or not, while a worker paints and encodes
  pictures. Milliseconds from a command to its first answer; the bot's event loop is asked meanwhile how late it is.
- ``jobs``: a number of jobs waits, then all run: jobs a second from the first start to the last delivery, each with a
  worker that takes no time, its pictures on the disk, and its message in Discord.
- ``memory``: the bot's resident memory every thousand jobs.
- ``preview``: seconds from a click to the first preview, with the real worker and Pocket.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from tests.bot.bench import STUB_HOST, Bench, furnished
from tests.loopback import Interaction, LoopbackDiscord, Message, ScriptedUser

REAL_HOST = (sys.executable, "-m", "limner_host.worker")
MIB = 2**20
USERS = 100
#: The store refuses more of one person, which is not what is measured here.
GENEROUS = {"LIMNER_QUEUE_MOST_JOBS_WAITING": "0", "LIMNER_QUEUE_MOST_PER_USER": "0"}


def row(*cells: object) -> None:
    """One row of a Markdown table."""
    print("|", " | ".join(map(str, cells)), "|", flush=True)


@asynccontextmanager
async def bot(worker: tuple[str, ...]) -> AsyncIterator[Bench]:
    """A running bot. What it sends is not held against Discord's description, which takes longer than the bot."""
    with tempfile.TemporaryDirectory() as folder:
        async with LoopbackDiscord(check_bodies=False) as discord:
            bench = furnished(discord, Path(folder), worker)
            bench.extra |= GENEROUS
            await bench.start()
            try:
                yield bench
            finally:
                await bench.kill()


def people(bench: Bench) -> list[ScriptedUser]:
    """Many members."""
    users = [bench.discord.add_user(f"user{number}") for number in range(USERS)]
    for user in users:
        bench.guild.add_member(user)
    return users


async def answers(rate: float, seconds: float, worker: tuple[str, ...]) -> None:
    """Commands at a fixed rate."""
    async with bot(worker) as bench:
        users = people(bench)
        asked: list[asyncio.Task[Interaction]] = []
        late: list[float] = []
        watching = asyncio.create_task(_watch(bench, late))
        begun = time.perf_counter()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            user = users[number % USERS]
            asked.append(asyncio.create_task(user.slash(bench.channel, "imagine", prompt=f"picture {number}", count=1)))
        given = await asyncio.gather(*asked, return_exceptions=True)
        watching.cancel()
        took = [each.acknowledged_after or 0.0 for each in given if isinstance(each, Interaction)]
        row("commands", "a second", "unanswered", "p50", "p99", "longest", "loop p50", "loop longest", "delivered")
        row(*["---"] * 9)
        cells = [*(f"{1000 * value:.0f} ms" for value in (*_quantiles(took), max(took)))]
        cells += [f"{1000 * statistics.median(late):.1f} ms", f"{1000 * max(late):.0f} ms"]
        row(len(given), rate, len(given) - len(took), *cells, _delivered(bench))


async def _watch(bench: Bench, late: list[float]) -> None:
    while True:
        late.append(await bench.discord.loop_latency(30))
        # Each look is answered by the bot, which may send 120 things a minute.
        await asyncio.sleep(1)


def _quantiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[int(0.99 * (len(ordered) - 1))]


def _delivered(bench: Bench) -> int:
    return int(bench.query("SELECT count(*) FROM jobs WHERE state = 'delivered'")[0][0])


async def jobs(count: int) -> None:
    """Many jobs that wait, then run."""
    async with bot(STUB_HOST) as bench:
        await _fill(bench, count)
        begun = time.perf_counter()
        await bench.admin.slash(bench.channel, "queue resume")
        await _drained(bench, count)
        took = time.perf_counter() - begun
        row("jobs", "seconds", "a second")
        row("---", "---", "---")
        row(count, f"{took:.1f}", f"{count / took:.1f}")


async def _fill(bench: Bench, count: int) -> None:
    await bench.admin.slash(bench.channel, "queue pause")
    users = people(bench)
    for number in range(count):
        await users[number % USERS].slash(bench.channel, "imagine", prompt=f"picture {number}", count=1)


async def _drained(bench: Bench, count: int) -> None:
    while _delivered(bench) < count:
        await asyncio.sleep(0.2)


async def memory(count: int) -> None:
    """The bot's memory, every thousand jobs."""
    async with bot(STUB_HOST) as bench:
        users = people(bench)
        assert bench.bot is not None
        process = psutil.Process(bench.bot.pid)
        row("jobs", "resident", "a job since the first thousand")
        row("---", "---", "---")
        first = 0
        for done in range(0, count + 1, 1000):
            resident = process.memory_info().rss
            first = resident if done <= 1000 else first
            grown = f"{(resident - first) / (done - 1000):.0f} bytes" if done > 1000 else ""
            row(done, f"{resident / MIB:.1f} MiB", grown)
            if done < count:
                await _thousand(bench, users, done)


async def _thousand(bench: Bench, users: list[ScriptedUser], done: int) -> None:
    for number in range(0, 1000, 20):
        chosen = [users[(number + k) % USERS] for k in range(20)]
        await asyncio.gather(*(user.slash(bench.channel, "imagine", prompt="a circle", count=1) for user in chosen))
        while _delivered(bench) < done + number:
            await asyncio.sleep(0.05)
    await _drained(bench, done + 1000)
    # What Discord remembers is not the bot's memory, and slows this process down.
    bench.channel.messages.clear()


async def preview(times: int) -> None:
    """From the click to the first preview."""
    async with bot(REAL_HOST) as bench:
        await bench.imagine("a red circle on a blue background")
        took = [await _first_look(bench, number) for number in range(times)]
        row("times", "p50", "longest")
        row("---", "---", "---")
        row(times, f"{statistics.median(took):.2f} s", f"{max(took):.2f} s")


async def _first_look(bench: Bench, number: int) -> float:
    begun = time.perf_counter()
    asked = await bench.alice.slash(bench.channel, "imagine", prompt=f"a house number {number}", steps=40)
    message: Message = await asked.response()
    await bench.until(lambda: message.attachments, "a preview")
    took = time.perf_counter() - begun
    await bench.result(message)
    return took


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("answers", "jobs", "memory", "preview"))
    parser.add_argument("--rate", type=float, default=50, help="commands a second")
    parser.add_argument("--seconds", type=float, default=60, help="how long commands come")
    parser.add_argument("--count", type=int, default=0, help="how many jobs, or previews")
    parser.add_argument(
        "--real", action="store_true", help="let the real worker and Pocket paint while answers are timed"
    )
    asked = parser.parse_args()
    match asked.what:
        case "answers":
            asyncio.run(answers(asked.rate, asked.seconds, REAL_HOST if asked.real else STUB_HOST))
        case "jobs":
            asyncio.run(jobs(asked.count or 500))
        case "memory":
            asyncio.run(memory(asked.count or 5000))
        case "preview":
            asyncio.run(preview(asked.count or 5))


if __name__ == "__main__":
    main()
