"""Every step of a job's life, and everything that may come between two of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.bot.orders import order, result

from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job, Price
from limner_bot.queue.room import NoRoom, Room
from limner_bot.queue.store import MOST_ATTEMPTS, Store
from limner_sdk import DiskFull


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


async def started(store: Store) -> Job:
    await store.add(order())
    job = await store.start_next()
    assert job is not None
    return job


async def test_a_job_goes_from_queued_to_delivered(store: Store, ledger: Ledger) -> None:
    job = await started(store)
    assert (job.state, job.attempt) == ("running", 1)
    assert await store.rendered(job, result())
    assert await ledger.untold() == [job.id]
    await store.delivered(job, 77, job.channel_id)
    done = await ledger.job(job.id)
    assert done is not None
    assert (done.state, done.message_id, done.token, done.notices) == ("delivered", 77, "", ("a notice",))
    assert [image.position for image in await ledger.images(job.id)] == [1, 2]


async def test_the_same_interaction_makes_one_job(store: Store, ledger: Ledger) -> None:
    assert await store.add(order(interaction=12345))
    assert not await store.add(order(interaction=12345))
    assert len(await ledger.jobs("queued")) == 1


async def test_the_result_of_an_abandoned_attempt_is_void(store: Store, ledger: Ledger) -> None:
    first = await started(store)
    await store.interrupted(first, blame=True)
    second = await store.start_next()
    assert second is not None
    assert (second.attempt, second.failures) == (2, 1)
    assert not await store.rendered(first, result())
    await store.fail(first, "late")
    assert [job.id for job in await ledger.jobs("running")] == [second.id]
    assert await ledger.images(first.id) == []


async def test_after_a_start_running_jobs_wait_again(store: Store, ledger: Ledger) -> None:
    job = await started(store)
    assert await store.resume() == 1
    assert [waiting.id for waiting in await ledger.jobs("queued")] == [job.id]


async def test_a_job_that_always_takes_the_bot_down_ends(store: Store, ledger: Ledger) -> None:
    await started(store)
    for _ in range(MOST_ATTEMPTS - 1):
        assert await store.resume() == 1
        await store.start_next()
    assert await store.resume() == 0
    assert len(await ledger.jobs("failed")) == 1


async def test_a_waiting_job_is_cancelled_at_once(store: Store, ledger: Ledger) -> None:
    asked = order()
    await store.add(asked)
    assert await store.cancel(asked.id, by=4) == "cancelled"
    assert await ledger.untold() == [asked.id]
    assert await store.start_next() is None
    assert await store.cancel(asked.id, by=4) == "over"


async def test_a_cancelled_running_job_can_no_longer_be_rendered(store: Store) -> None:
    job = await started(store)
    assert await store.cancel(job.id, by=4) == "cancelling"
    assert not await store.rendered(job, result())


async def test_a_bot_that_dies_while_cancelling_still_cancels(store: Store, ledger: Ledger) -> None:
    job = await started(store)
    await store.cancel(job.id, by=4)
    await store.resume()
    assert await ledger.untold() == [job.id]


async def test_users_take_turns(store: Store) -> None:
    for user in (1, 1, 1, 2, 3):
        await store.add(order(user))
    served = [await store.start_next() for _ in range(5)]
    assert [job.user_id for job in served if job] == [1, 2, 3, 1, 1]


async def test_a_paused_server_waits_and_others_do_not(store: Store) -> None:
    await store.add(order(1, guild=9))
    await store.add(order(2, guild=8))
    await store.add(order(3, guild=None))
    assert await store.pause(9, by=4)
    assert not await store.pause(9, by=4)
    served = [await store.start_next() for _ in range(3)]
    assert [job.user_id for job in served if job] == [2, 3]
    assert await store.unpause(9)
    assert await store.start_next() is not None


async def test_clearing_takes_one_servers_waiting_jobs(store: Store, ledger: Ledger) -> None:
    await started(store)
    for guild in (9, 9, 8):
        await store.add(order(guild=guild))
    assert await store.clear(9, by=4) == 2
    assert [job.guild_id for job in await ledger.jobs("queued", "running")] == [9, 8]


async def test_a_full_disk_is_said_and_nothing_is_lost(store: Store, ledger: Ledger, database: Database) -> None:
    await store.add(order())
    pages = await database.write(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await database.write(lambda db: db.execute(f"PRAGMA max_page_count={pages}").fetchall())
    outcomes = await asyncio.gather(*(store.add(order()) for _ in range(500)), return_exceptions=True)
    assert any(isinstance(outcome, DiskFull) for outcome in outcomes)
    waiting = len(await ledger.jobs("queued"))
    await database.write(lambda db: db.execute("PRAGMA max_page_count=100000").fetchall())
    assert await store.add(order())
    assert len(await ledger.jobs("queued")) == waiting + 1


async def test_two_hundred_at_once_share_their_commits(store: Store, ledger: Ledger) -> None:
    added = await asyncio.gather(*(store.add(order(user)) for user in range(200)))
    assert all(added)
    assert len(await ledger.jobs("queued")) == 200


async def test_what_still_arrives_counts_as_waiting_and_can_be_cancelled(store: Store, ledger: Ledger) -> None:
    first, second = order(), order()
    assert await store.add(first, room=Room(person=1, everybody=9), arriving=True)
    with pytest.raises(NoRoom):
        await store.add(second, room=Room(person=1, everybody=9), arriving=True)
    assert await store.cancel(first.id, by=4) == "cancelled"
    assert not await store.arrived(first)
    await store.withdraw(first.id)
    assert await ledger.untold() == [first.id]


async def test_what_has_arrived_costs_what_it_turned_out_to_cost(store: Store, database: Database) -> None:
    asked = order()
    await store.add(asked, arriving=True)
    assert await store.arrived(replace(asked, price=Price(work=3.0, seconds=30.0)))
    assert [row["seconds"] for row in await database.rows("SELECT seconds FROM spending")] == [30.0]
    assert (await database.rows("SELECT cost FROM jobs"))[0]["cost"] == 30.0
