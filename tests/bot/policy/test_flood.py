"""A thousand people who ask without end: refusals are quick, and the database grows no further than it may."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import quantiles

from tests.bot.orders import order
from tests.bot.policy.people import GUILD, admission, asked, interaction, opened

from limner_bot.policy.audit import Act
from limner_bot.queue.database import Database
from limner_bot.queue.limits import OverLimit
from limner_bot.queue.room import NoRoom
from limner_bot.queue.store import Store

PEOPLE, TIMES = 1000, 5
ACT = Act(GUILD, 7, "act-test")


async def test_a_flood_leaves_a_bounded_queue(database: Database) -> None:
    policies, store = await opened(database), Store(database)
    await policies.limits.change(GUILD, 0, {"waiting": 1, "seconds_per_day": 600}, ACT)
    decides, refusals, took = admission(policies, most_jobs_waiting=300), 0, []
    for number in range(PEOPLE * TIMES):
        person = number % PEOPLE + 1
        begun = time.perf_counter()
        admitted = decides.admit(interaction(person), asked())
        made = replace(order(person, GUILD), price=admitted.price)
        try:
            await store.add(made, room=admitted.room)
        except (NoRoom, OverLimit):
            refusals += 1
            took.append(time.perf_counter() - begun)
    counted = [(await database.rows(f"SELECT count(*) FROM {table}"))[0][0] for table in ("jobs", "spending")]
    assert counted == [300, 300]
    assert refusals == PEOPLE * TIMES - 300
    p99 = quantiles(took, n=100)[98]
    print(f"\na refusal takes {1000 * quantiles(took, n=2)[0]:.1f} ms, p99 {1000 * p99:.1f} ms")
    assert p99 < 0.1


async def test_a_decision_asks_no_disk_and_takes_little(database: Database) -> None:
    policies = await opened(database)
    words = [f"word{k}" for k in range(400)] + [f"be*{k}" for k in range(100)]
    await policies.rules.change(GUILD, lambda rules: rules.changed(blocked=words, denied_models=["a:x"]), ACT)
    for role in range(50):
        await policies.limits.change(GUILD, role, {"steps": 100 + role, "weight": 1.0}, ACT)
    await database.reader.close()
    decides, somebody = admission(policies), interaction(roles=range(1, 50))
    request = asked("a very long prompt " * 300)
    decides.admit(somebody, request)
    begun = time.perf_counter()
    for _ in range(20):
        decides.admit(somebody, request)
    assert (time.perf_counter() - begun) / 20 < 0.02
