"""Drafts: kept, used once, by their maker, until they are too old."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from limner_bot.queue.database import Database
from limner_bot.queue.drafts import Drafts
from limner_bot.talking.guard import Refusal


def by(user: int) -> Any:
    """An interaction of somebody."""
    return SimpleNamespace(user=SimpleNamespace(id=user), guild_id=9, channel_id=5)


async def test_a_draft_is_its_makers_and_can_be_used_once(database: Database) -> None:
    drafts = Drafts(database)
    made = await drafts.make(by(1), "jobs", {"text": "ä {a}"})
    assert (await drafts.own(by(1), made, "jobs")).payload == {"text": "ä {a}"}
    for who, kind, key in ((by(2), "jobs", "draft-not-yours"), (by(1), "other", "draft-expired")):
        with pytest.raises(Refusal, match=key):
            await drafts.own(who, made, kind)
    assert sorted(await asyncio.gather(*(drafts.use(made) for _ in range(5)))) == [False] * 4 + [True]
    with pytest.raises(Refusal, match="draft-used"):
        await drafts.own(by(1), made, "jobs")
    assert not await drafts.change(made, {})


async def test_what_is_too_old_is_refused_and_then_forgotten(database: Database) -> None:
    moment = [1000.0]
    drafts = Drafts(database, lambda: moment[0])
    old, young = await drafts.make(by(1), "jobs", {}), await drafts.make(by(1), "jobs", {}, seconds=9000)
    moment[0] += 900
    with pytest.raises(Refusal, match="draft-expired"):
        await drafts.own(by(1), old, "jobs")
    assert await drafts.tidy() == [old]
    assert await drafts.ids() == {young}


async def test_a_change_gives_it_another_while(database: Database) -> None:
    moment = [0.0]
    drafts = Drafts(database, lambda: moment[0])
    made = await drafts.make(by(1), "jobs", {"text": "one"})
    moment[0] = 800
    assert await drafts.change(made, {"text": "two"})
    moment[0] = 1600
    assert (await drafts.own(by(1), made, "jobs")).payload == {"text": "two"}
