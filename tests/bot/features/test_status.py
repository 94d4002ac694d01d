"""The figures that /status tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bot.orders import order, result

from limner_bot.operating.settings import Settings
from limner_bot.operating.space import Space
from limner_bot.operating.vitals import pulse, upkeep
from limner_bot.queue.database import Database
from limner_bot.queue.store import Store
from limner_sdk.folders import DataFolder

NOW = 1_000_000.0


@pytest.fixture
def clock() -> list[float]:
    return [NOW]


@pytest.fixture
def store(database: Database, clock: list[float]) -> Store:
    return Store(database, lambda: clock[0])


async def test_only_the_last_hour_counts(database: Database, store: Store, clock: list[float]) -> None:
    for asked, waited, took in ((NOW - 9000, 1.0, 1.0), (NOW - 900, 30.0, 10.0), (NOW - 600, 60.0, 20.0)):
        clock[0] = asked
        await store.add(order())
        clock[0] = asked + waited
        job = await store.start_next()
        assert job is not None
        clock[0] += took
        await store.rendered(job, result(2), took)
    clock[0] = NOW
    told = await pulse(database, NOW)
    assert (told.pictures, told.done, told.failed, told.cancelled) == (4, 2, 0, 0)
    assert (told.waited, told.took) == (45, 15)


async def test_what_waits_and_what_went_wrong_is_told(database: Database, store: Store) -> None:
    asked = [order(user) for user in range(3)]
    for each in asked:
        await store.add(each)
    job = await store.start_next()
    assert job is not None
    await store.fail(job, "no")
    await store.cancel(asked[1].id, by=1)
    told = await pulse(database, NOW)
    assert (told.waiting, told.oldest, told.failed, told.cancelled) == (1, NOW, 1, 1)
    assert (told.waited, told.took) == (0, None)


async def test_an_empty_house_has_nothing_to_tell(database: Database) -> None:
    told = await pulse(database)
    assert (told.waiting, told.oldest, told.waited, told.took, told.done) == (0, None, None, None, 0)


async def test_operators_learn_when_the_last_backup_was_made(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    settings = replace(Settings("x", folder), backups=tmp_path / "backups")
    folder.database.write_bytes(b"x" * 1000)
    space = Space(tmp_path, 0)
    assert (await upkeep(settings, space)).backup is None
    settings.backups.mkdir()
    copy = settings.backups / "limner-20260101-000000.sqlite3"
    copy.write_bytes(b"x")
    told = await upkeep(settings, space)
    assert told.backup == copy.stat().st_mtime
    assert told.database == 1000
    assert told.free > 0
    assert set(told.versions) == {"Python", "limner", "discord.py"}
