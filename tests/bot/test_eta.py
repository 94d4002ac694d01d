"""What is told about time: learned from jobs, told of places in the line, counted down without jumps."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from tests.bot.orders import order, result

from limner_bot.policy.audit import Audit
from limner_bot.policy.rates_kept import RatesKept
from limner_bot.queue.costs import Rate, Rates
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job, Price
from limner_bot.queue.store import Store
from limner_bot.working.attempt import Countdown, Run
from limner_bot.working.lessons import FINISHING, learn, predicted
from limner_bot.working.outlook import Outlook, View
from limner_sdk.messages import Progress

#: A unit of work of this model takes 2 s, and a job 1 s more.
FLAT = Rates({"stub:flat": Rate(2.0, 5), "*fixed": Rate(1.0, 5), "*load": Rate(7.0, 5)})


class Host:
    """A worker as the outlook sees it."""

    def __init__(self, at_work: Run | None = None, loaded: str = "stub:flat") -> None:
        self.at_work, self.loaded, self.accepting, self.is_ready = at_work, loaded, True, True

    def ready(self) -> bool:
        return self.is_ready


async def job(database: Database, **changes: Any) -> Job:
    """A job that runs."""
    await Store(database).add(order())
    started = await Store(database).start_next()
    assert started is not None
    return replace(started, **({"model": "stub:flat", "work": 5.0} | changes))


async def wait_in_line(database: Database, count: int, **price: Any) -> list[str]:
    """Orders of as many people, in the order in which they came."""
    orders = [
        replace(order(user), price=Price(**({"work": 5.0, "model": "stub:flat"} | price))) for user in range(count)
    ]
    for each in orders:
        await Store(database).add(each)
    return [each.id for each in orders]


async def seen(database: Database, host: Host, rates: Rates = FLAT) -> View:
    return await Outlook(database, lambda: host, lambda: rates).view()


def test_a_countdown_follows_slowly_and_never_jumps() -> None:
    countdown = Countdown()
    countdown.measured(60, now=0)
    assert countdown.left(10) == 50
    countdown.measured(200, now=10)
    assert countdown.left(10) == pytest.approx(50 + 150 / 4)
    told = [87.5]
    for second in range(11, 60):
        # Half of the measurements are too long, the others too short.
        countdown.measured((60 - second) * (1.5 if second % 2 else 0.5), now=second)
        told.append(countdown.left(second) or 0)
    assert max(abs(later - earlier) for earlier, later in pairwise(told)) < 12
    assert told[-1] < 5


async def test_a_run_knows_nothing_at_first_and_then_its_own_speed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("limner_bot.working.attempt.time.monotonic", lambda: clock[0])
    run = Run(await job(database), deadline=0)
    for moment, done in ((105.0, 0.0), (105.5, 0.02)):
        clock[0] = moment
        run.heard(progress(done))
        assert run.left is None
    clock[0] = 115.0
    run.heard(progress(0.25))
    # A quarter took 10 s; the 5 s of loading before do not count.
    assert run.left == pytest.approx(30)


async def test_a_run_that_was_predicted_counts_down_from_its_start(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("limner_bot.working.attempt.time.monotonic", lambda: clock[0])
    run = Run(await job(database), deadline=0, predicted=20.0, begun=0)
    assert run.left == 20
    for second in range(1, 40):
        clock[0] = second
        run.heard(progress(second / 40))
    # It takes twice as long as predicted, and people have learned so on the way.
    assert run.left == pytest.approx(1, abs=3)


def progress(done: float) -> Progress:
    return Progress(job="x", attempt=1, stage="sample", done=done)


async def test_each_place_has_its_time_in_order(database: Database) -> None:
    first, second = await wait_in_line(database, 2)
    view = await seen(database, Host())
    assert [(place.ahead, place.begins, place.done) for place in view.places.values()] == [(0, 0, 11), (1, 11, 22)]
    assert list(view.places) == [first, second]


async def test_another_model_must_be_loaded(database: Database) -> None:
    (only,) = await wait_in_line(database, 1)
    assert (await seen(database, Host(loaded="stub:round"))).places[only].done == 11 + 7


async def test_nobody_is_told_a_time_that_nobody_knows(database: Database) -> None:
    (only,) = await wait_in_line(database, 1)
    unready = Host()
    unready.is_ready = False
    assert (await seen(database, unready)).places[only].done is None
    assert (await seen(database, Host(), Rates({}))).places[only].done is None
    started = await Store(database).start_next()
    assert started is not None
    (behind,) = await wait_in_line(database, 1)
    place = (await seen(database, Host(Run(started, deadline=0)))).places[behind]
    assert (place.ahead, place.begins, place.done) == (1, None, None)


async def test_paused_and_closed_queues_have_an_order_and_no_times(database: Database) -> None:
    host = Host()
    first, second, third = await wait_in_line(database, 3)
    await Store(database).move(third, front=True)
    host.accepting = False
    closed = await seen(database, host)
    assert closed.is_paused(9)
    host.accepting = True
    await Store(database).pause(9, by=1)
    view = await seen(database, host)
    assert view.is_paused(9)
    assert not view.is_paused(8)
    for held in (closed, view):
        assert list(held.places) == [third, first, second]
        assert {place.begins for place in held.places.values()} == {None}
    await Store(database).add(elsewhere := order(7, 8))
    assert list((await seen(database, host)).places) == [elsewhere.id, third, first, second]


async def test_those_who_ask_at_once_share_a_look_that_has_what_they_added(database: Database) -> None:
    looks = []
    outlook = Outlook(database, lambda: looks.append(1) or Host(), lambda: FLAT)  # type: ignore[func-returns-value]

    async def asked(user: int) -> bool:
        mine = replace(order(user), price=Price(work=1, model="stub:flat"))
        await Store(database).add(mine)
        return mine.id in (await outlook.view()).places

    assert all(await asyncio.gather(*map(asked, range(300))))
    assert len(looks) < 30


async def test_speed_is_learned_and_kept(database: Database) -> None:
    kept = RatesKept(Audit(database))
    assert predicted(kept.rates, 10, "stub:flat") is None
    done = result().model_copy(update={"seconds": {"load": 6.0, "sample": 20.0, "decode": 2.0}, "work": 10.0})
    running = await job(database, work=10.0)
    for _ in range(5):
        await learn(kept, running, done, seconds=28.0)
    await kept.load()
    assert predicted(kept.rates, 10, "stub:flat") == pytest.approx(22, rel=0.01)
    assert kept.rates.load == pytest.approx(6)


async def test_what_post_processors_do_does_not_make_a_model_slower(database: Database) -> None:
    kept = RatesKept(Audit(database))
    told = {"sample": 20.0, "decode": 2.0, "post-process": 300.0}
    done = result().model_copy(update={"seconds": told, "work": 90.0})
    await learn(kept, await job(database, work=10.0), done, seconds=322.0)
    assert predicted(kept.rates, 10, "stub:flat") == pytest.approx(22, rel=0.01)


async def test_finishing_is_learned_by_itself(database: Database) -> None:
    kept = RatesKept(Audit(database))
    finishing = await job(database, work=0.0, model="")
    for _ in range(5):
        await learn(kept, finishing, result(), seconds=9.0)
    assert predicted(kept.rates, 0.0, "") == pytest.approx(9, rel=0.1)
    assert kept.rates.per_work("unknown") == 1.0
    assert set(kept.rates.known) == {FINISHING}


async def test_the_line_of_ten_thousand_is_seen_quickly(database: Database) -> None:
    orders = [replace(order(k % 1000), price=Price(work=1, model="stub:flat")) for k in range(10_000)]
    await Store(database).add(*orders)
    begun = time.monotonic()
    assert len((await seen(database, Host())).places) == 10_000
    assert time.monotonic() - begun < 5
    assert len(await Ledger(database).line()) == 10_000
