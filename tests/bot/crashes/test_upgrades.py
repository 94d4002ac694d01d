"""C18: a new version opens the queue of an old one, and dies at any statement of it. C7: a damaged queue."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.bot.crashes.scene import HERE, Scene

from limner_bot.queue.database import migrate
from limner_bot.queue.schema import MIGRATIONS

JOB = (
    "INSERT INTO jobs (id, kind, state, attempt, user_id, channel_id, interaction_id, token, token_expires, size_limit,"
    " request, grid, created) VALUES (?, 'imagine', ?, 1, 1, 5, ?, 'token', 2e9, 10000000, '{\"prompt\": \"x\"}', ?, 1)"
)
IMAGE = (
    "INSERT INTO images (id, job_id, position, file, width, height, digest, recipe)"
    " VALUES ('picture', 'delivered', 1, '1.png', 8, 8, '0', '{}')"
)
STATES = ("queued", "running", "rendered", "delivered", "failed", "cancelled")


def database_of(version: int, path: Path) -> Path:
    """A database as that version left it, with a job in each state."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, MIGRATIONS[:version])
        for number, state in enumerate(STATES):
            connection.execute(JOB, (state, state, number, "grid.png" if state == "delivered" else ""))
        connection.execute(IMAGE)
    return path


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_migration_that_dies_at_any_statement_is_done_by_the_next_start(version: int, tmp_path: Path) -> None:
    old = database_of(version, tmp_path / "old.sqlite3")
    done = subprocess.run([sys.executable, HERE / "migrating.py", old], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"died at (\d+) statements\n", done.stdout)
    assert found is not None
    assert int(found[1]) >= 4


def truncated(database: Path) -> None:
    """Half of the file is missing."""
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])


def flipped(database: Path) -> None:
    """Every fourth page begins with garbage."""
    data = bytearray(database.read_bytes())
    for start in range(8192, len(data), 16384):
        data[start : start + 64] = b"\xa5" * 64
    database.write_bytes(data)


def gone(database: Path) -> None:
    """Somebody has removed it."""
    database.unlink()


def emptied(database: Path) -> None:
    """Nothing is left but the name."""
    database.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncated, flipped, gone, emptied])
async def test_a_damaged_queue_is_refused_and_never_emptied(scene: Scene, damage: object) -> None:
    bench = scene.bench
    await bench.start()
    await scene.furnish()
    await bench.stop()
    database = bench.data / "limner" / "limner.sqlite3"
    assert callable(damage)
    damage(database)
    before = database.read_bytes() if database.exists() else None
    code = await asyncio.to_thread(bench.launch().wait, 30)
    assert code in (1, 2), bench.log[-3000:]
    assert "backup" in bench.log.strip().splitlines()[-1]
    assert (database.read_bytes() if database.exists() else None) == before
