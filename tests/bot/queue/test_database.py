"""The file survives whatever happens to those who use it."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest
from tests.bot.orders import order

from limner_bot.queue.database import Database, migrate, open_database
from limner_bot.queue.schema import MIGRATIONS
from limner_bot.queue.store import Store
from limner_sdk import ConfigurationError

TWO = ("CREATE TABLE one (x)", "CREATE TABLE two (y)")


async def test_the_promises_of_sqlite_are_asked_for(database: Database) -> None:
    def pragmas(db: sqlite3.Connection) -> list[object]:
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert await database.write(pragmas) == ["wal", 2, 1]


async def test_the_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.rows("DELETE FROM jobs")


async def test_a_failing_change_takes_no_other_with_it(database: Database) -> None:
    def good(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO settings VALUES ('good', '1')")

    def bad(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO settings VALUES ('bad', '1')")
        raise KeyError("bad")

    outcomes = await asyncio.gather(*(database.write(body) for body in (good, bad)), return_exceptions=True)
    assert isinstance(outcomes[1], KeyError)
    assert [row["name"] for row in await database.rows("SELECT name FROM settings")] == ["good"]


async def test_a_cancelled_caller_leaves_no_open_transaction(database: Database) -> None:
    for _ in range(20):
        task = asyncio.create_task(database.write(lambda db: db.execute("DELETE FROM turns").rowcount))
        await asyncio.sleep(0)
        task.cancel()
    assert not await database.write(lambda db: db.in_transaction and db.execute("SELECT 1").fetchone() is None)


async def test_an_unknown_state_is_refused(database: Database) -> None:
    await Store(database).add(order())
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        await database.write(lambda db: db.execute("UPDATE jobs SET state = 'lost'"))


@pytest.mark.parametrize("failing", [0, 1])
def test_a_migration_is_made_whole_or_not_at_all(failing: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    broken = [*TWO]
    broken.insert(failing, "CREATE NONSENSE")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, [broken])
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    migrate(connection, [TWO])
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_jobs_of_an_earlier_version_keep_their_kind_and_their_pictures() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    migrate(connection, MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO jobs (id, kind, state, user_id, channel_id, interaction_id, token, token_expires, size_limit,"
        " request, created) VALUES ('a', 'reroll', 'delivered', 1, 2, 3, '', 0, 9, '{}', 0)"
    )
    connection.execute(
        "INSERT INTO images VALUES (1, 'i', 'a', 1, '1.png', 64, 64, '', ?)", ('{"prompt": "a circle"}',)
    )
    migrate(connection)
    assert connection.execute("SELECT jobs.kind FROM images JOIN jobs ON jobs.id = job_id").fetchall() == [("reroll",)]
    assert connection.execute("SELECT prompt, gone FROM images").fetchall() == [("a circle", None)]
    connection.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.execute("UPDATE images SET job_id = 'nobody'")
    connection.close()


async def test_a_newer_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "limner.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer Limner"):
        async with open_database(path):
            raise AssertionError("it was opened")


async def test_opening_again_finds_everything(tmp_path: Path) -> None:
    for expected in (0, 1):
        async with open_database(tmp_path / "limner.sqlite3") as database:
            assert len(await database.rows("SELECT * FROM accounts")) == expected
            await database.write(lambda db: db.execute("INSERT INTO accounts VALUES (1, 1) ON CONFLICT DO NOTHING"))
    assert stat.S_ISREG((tmp_path / "limner.sqlite3").stat().st_mode)
