"""Limits by role are added up, changed field by field, and outlive the bot; so does what is known of speed."""

from __future__ import annotations

import pytest
from tests.bot.policy.people import GUILD, opened, place

from limner_bot.policy.audit import Act
from limner_bot.policy.limits_kept import EVERYBODY
from limner_bot.queue.database import Database
from limner_bot.queue.limits import Limits
from limner_sdk import InvalidRequest

ACT = Act(GUILD, 7, "act-test")
PATRON = 33


async def test_a_member_gets_the_most_of_their_roles(database: Database) -> None:
    kept = (await opened(database)).limits
    await kept.change(GUILD, EVERYBODY, {"steps": 30, "count": 2}, ACT)
    await kept.change(GUILD, PATRON, {"steps": 60, "weight": 2.0}, ACT)
    assert kept.at(place()) == Limits(steps=30, count=2)
    assert kept.at(place(roles=[PATRON, 1])) == Limits(steps=60, count=2, weight=2)
    assert kept.at(place(guild=8, roles=[PATRON])) == kept.at(place(guild=None)) == Limits()


async def test_the_role_that_is_everybodys_is_no_role_of_its_own(database: Database) -> None:
    kept = (await opened(database)).limits
    await kept.change(GUILD, EVERYBODY, {"steps": 30}, ACT)
    assert place(roles=[GUILD]).roles == frozenset()


async def test_one_limit_is_taken_back_and_the_others_stay(database: Database) -> None:
    kept = (await opened(database)).limits
    await kept.change(GUILD, PATRON, {"steps": 60, "models": ["stub:flat"]}, ACT)
    await kept.change(GUILD, PATRON, {"steps": None}, ACT)
    assert (await opened(database)).limits.all(GUILD) == {PATRON: Limits(models=("stub:flat",))}
    await kept.change(GUILD, PATRON, {"models": None}, ACT)
    assert (await opened(database)).limits.all(GUILD) == kept.all(GUILD) == {}
    assert not await kept.clear(GUILD, PATRON, ACT)


async def test_nonsense_is_refused_and_changes_nothing(database: Database) -> None:
    kept = (await opened(database)).limits
    with pytest.raises(InvalidRequest, match="steps: "):
        await kept.change(GUILD, PATRON, {"steps": 0}, ACT)
    assert kept.all(GUILD) == {}


async def test_what_is_learned_of_speed_is_there_after_a_restart(database: Database) -> None:
    rates = (await opened(database)).rates
    before = rates.rates.predicted(10, "a:x")
    for _ in range(5):
        await rates.learn(10, "a:x", 40, beside=2)
    await rates.learn(0, "a:x", 40)
    await rates.learn_load(30)
    again = (await opened(database)).rates.rates
    assert again == rates.rates
    assert before < again.predicted(10, "a:x") == pytest.approx(40, rel=0.1)
    assert again.load == pytest.approx(30)
