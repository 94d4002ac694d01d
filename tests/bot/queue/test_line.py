"""The fair line as the database holds it: what is foretold is what is started, and accounts outlive a restart."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace

from tests.bot.orders import order, result

from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.line import ACCOUNTS, CLOCK_SQL, accounts_of
from limner_bot.queue.records import Job, Order, Price
from limner_bot.queue.store import Store


def priced(user: int, seconds: float, model: str = "", weight: float = 1.0, guild: int | None = 9) -> Order:
    """An order that is thought to take so many seconds."""
    return replace(order(user, guild), price=Price(seconds=seconds, model=model, weight=weight))


async def served(store: Store, most: int = 1000, loaded: str = "") -> list[Job]:
    """The jobs that are started, one after the other; each is done in the predicted time."""
    jobs: list[Job] = []
    while len(jobs) < most and (job := await store.start_next(loaded)) is not None:
        jobs.append(job)
        await store.rendered(job, result(1), job.cost)
        loaded = job.model or loaded
    return jobs


async def test_jobs_are_started_in_the_order_that_was_foretold(database: Database) -> None:
    store, ledger, drawn = Store(database), Ledger(database), random.Random(1)
    orders = [
        priced(drawn.randrange(6), drawn.uniform(1, 40), drawn.choice(["", "a:b", "a:c"]), drawn.choice([1.0, 2.0]))
        for _ in range(60)
    ]
    await store.add(*(replace(each, part=part) for part, each in enumerate(orders)))
    await database.write(_some_are_moved)
    foretold = await ledger.line("a:b")
    assert [job.id for job in await served(store, loaded="a:b")] == foretold
    assert len(foretold) == 60


def _some_are_moved(db: sqlite3.Connection) -> None:
    db.execute("UPDATE jobs SET moved = number % 5 - 2 WHERE number % 7 = 0")
    db.execute("UPDATE jobs SET attempt = 1 WHERE number % 11 = 0")


async def test_a_costly_job_is_worth_many_small_ones(database: Database) -> None:
    store = Store(database)
    await store.add(*(priced(1, 60) for _ in range(2)), *(priced(2, 10) for _ in range(8)))
    assert [job.user_id for job in await served(store)] == [1, 2, 2, 2, 2, 2, 2, 1, 2, 2]


async def test_what_a_job_really_took_is_remembered(database: Database) -> None:
    store = Store(database)
    await store.add(priced(1, 1), priced(1, 1), priced(2, 20), priced(2, 20))
    job = await store.start_next()
    assert job is not None
    await store.rendered(job, result(1), seconds=50)
    assert [job.user_id for job in await served(store)] == [2, 2, 1]


async def test_how_far_a_loaded_model_went_ahead_outlives_a_restart(database: Database) -> None:
    store = Store(database)
    await store.add(priced(1, 5, "a:rare"), *(priced(user, 4, "a:usual") for user in range(2, 9)))
    started = [job for _ in range(4) for job in await served(Store(database), most=1, loaded="a:usual")]
    assert [job.user_id for job in started] == [2, 3, 1, 4]


async def test_a_quiet_house_is_even_again(database: Database) -> None:
    store = Store(database)
    await store.add(priced(1, 600))
    await served(store)
    accounts = accounts_of(await database.rows(ACCOUNTS), await database.rows(CLOCK_SQL))
    assert (accounts.served, accounts.clock) == ({}, 600.0)


async def test_nobody_is_even_while_a_job_still_runs(database: Database) -> None:
    store = Store(database)
    await store.add(priced(1, 600))
    assert await store.start_next() is not None
    assert await store.start_next() is None
    assert len(await database.rows(ACCOUNTS)) == 1


async def test_a_paused_server_is_left_out_of_the_line(database: Database) -> None:
    store, ledger = Store(database), Ledger(database)
    await store.add(priced(1, 5, guild=9), priced(1, 5, guild=8), priced(2, 5, guild=None))
    await store.pause(9, by=4)
    assert len(await ledger.line()) == 2
    assert [job.guild_id for job in await served(store)] == [8, None]
