"""The durable queue: jobs a second through the real store with a fake worker, its memory, and how long a turn takes.

``python tests/bench/queue_rate.py`` prints three tables. A job is added, started, read, rendered and delivered, each a
commit that is on the disk; those in flight at the same time share commits. The line holds the given number of other
jobs, of a hundred users, the whole time.

- jobs a second, and milliseconds from adding to delivering, by jobs in flight and by the length of the line;
- resident memory over 5,000 jobs, 8 in flight, and how much of it each job of the last four fifths has added;
- milliseconds to find the next job, to account for it, and to line all up, by jobs and users that wait.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from tests.bench.resident_memory import in_a_fresh_process
from tests.bot.orders import order, result

from limner_bot.queue.database import open_database
from limner_bot.queue.fairness import Accounts, Waiting, after, first, line_up
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.store import Store

USERS = 100
MIB = 2**20


def row(*cells: object) -> None:
    """One row of a Markdown table."""
    print("|", " | ".join(map(str, cells)), "|")


async def one(store: Store, ledger: Ledger, user: int) -> float:
    """A job's whole life; its seconds."""
    begun = time.perf_counter()
    await store.add(order(user))
    job = await store.start_next()
    assert job is not None
    assert await ledger.job(job.id) is not None
    await store.rendered(job, result(1))
    await store.delivered(job, 1, job.channel_id)
    return time.perf_counter() - begun


async def many(store: Store, ledger: Ledger, jobs: Iterator[int], flights: int) -> list[float]:
    """So many at a time, until there are none left; the seconds of each."""

    async def flight() -> list[float]:
        return [await one(store, ledger, number % USERS) for number in jobs]

    return [seconds for each in await asyncio.gather(*(flight() for _ in range(flights))) for seconds in each]


async def rate(file: Path, jobs: int, flights: int, line: int) -> tuple[float, float, float]:
    """Jobs a second, and the median and greatest milliseconds of one."""
    async with open_database(file) as database:
        store, ledger = Store(database), Ledger(database)
        await asyncio.gather(*(store.add(order(number % USERS)) for number in range(line)))
        begun = time.perf_counter()
        lives = await many(store, ledger, iter(range(jobs)), flights)
        taken = time.perf_counter() - begun
    return jobs / taken, 1000 * statistics.median(lives), 1000 * max(lives)


async def growth(file: Path, jobs: int) -> list[int]:
    """Resident bytes after each fiftieth part of these jobs."""
    seen, process = [], psutil.Process()

    def watched() -> Iterator[int]:
        for number in range(jobs):
            yield number
            if (number + 1) % (jobs // 50) == 0:
                seen.append(process.memory_info().rss)

    async with open_database(file) as database:
        await many(Store(database), Ledger(database), watched(), 8)
    return seen


def grown(jobs: int, folder: str) -> list[int]:
    """`growth` for a process of its own."""
    return asyncio.run(growth(Path(folder) / "growth.sqlite3", jobs))


def rates(jobs: int, folder: Path) -> None:
    """The first table."""
    row("in flight", "in line", "jobs/s", "median ms", "most ms")
    row(*["---"] * 5)
    for line in (0, 1000, 10_000):
        for flights in (1, 8):
            file = folder / f"rate-{flights}-{line}.sqlite3"
            found = asyncio.run(rate(file, jobs, flights, line))
            row(flights, line, *(f"{each:.0f}" for each in found))


def memory(jobs: int, folder: Path) -> None:
    """The second table."""
    seen = in_a_fresh_process(grown, jobs, str(folder))
    settled = seen[len(seen) // 5 :]
    slope = statistics.linear_regression(range(len(settled)), settled).slope / (jobs / 50)
    row("jobs", "MiB at 2 %", "MiB at 20 %", "MiB in the end", "bytes per job")
    row(*["---"] * 5)
    row(jobs, *(f"{each / MIB:.1f}" for each in (seen[0], settled[0], seen[-1])), f"{slope:.0f}")


def turns(rounds: int) -> None:
    """The third table."""
    row("jobs", "users", "ms for the next one", "ms to account for it", "ms for the line")
    row(*["---"] * 5)
    for jobs, users in ((100, 10), (1000, 100), (10_000, 1000)):
        drawn = random.Random(1)
        waiting = [Waiting(k, drawn.randrange(users), drawn.uniform(1, 120), model="abc"[k % 3]) for k in range(jobs)]
        accounts = Accounts({user: drawn.uniform(0, 50) for user in range(users)}, 10.0)
        job = line_up(waiting, accounts, "a")[0]
        ways: list[Callable[[], object]] = [
            lambda w=waiting, a=accounts: first(w, a, "a"),  # type: ignore[misc]
            lambda w=waiting, a=accounts, j=job: after(j, a, w),  # type: ignore[misc]
            lambda w=waiting, a=accounts: line_up(w, a, "a"),  # type: ignore[misc]
        ]
        row(jobs, users, *(f"{1000 * timed(way, rounds):.2f}" for way in ways))


def timed(run: Callable[[], object], rounds: int) -> float:
    """Median seconds of a run."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def main() -> None:
    """Print the three tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=500, help="jobs of each measured rate")
    options.add_argument("--long", type=int, default=5000, help="jobs while memory is watched")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--folder", type=Path, help="where the databases lie; the disk matters")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        rates(chosen.jobs, Path(name))
        print()
        memory(chosen.long, Path(name))
    print()
    turns(chosen.rounds)


if __name__ == "__main__":
    main()
