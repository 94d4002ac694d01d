"""Databases with a few rows in them, written without the store: a look at files needs no queue."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

from limner_bot.operating.settings import Settings
from limner_bot.queue.database import migrate
from limner_bot.queue.schema import MIGRATIONS

_numbers = itertools.count(1)
DAY = 86400.0
TOKEN = "aW50ZXJhY3Rpb246canary-of-an-interaction"


def settings_of(root: Path, **more: str) -> Settings:
    """Settings of a data folder, as the environment gives them."""
    given = {"LIMNER_DISCORD_TOKEN": "sesame.open.now", "LIMNER_DATA_DIR": str(root)}
    settings = Settings.from_environment(given | more)
    settings.folder.create()
    return settings


def add_job(db: sqlite3.Connection, job: str, state: str = "delivered", finished: float = 0.0, **more: object) -> None:
    """A job of somebody's."""
    values: dict[str, object] = {"id": job, "kind": "imagine", "state": state, "user_id": 1, "channel_id": 5}
    values |= {"interaction_id": next(_numbers), "token": TOKEN, "token_expires": 0.0, "size_limit": 10**7}
    values |= {"request": "{}", "created": finished, "finished": finished, "told": state == "delivered"} | more
    _insert(db, "jobs", values)


def add_image(db: sqlite3.Connection, job: str, image: str, file: str) -> None:
    """A picture of a job."""
    (count,) = db.execute("SELECT count(*) FROM images WHERE job_id = ?", (job,)).fetchone()
    values: dict[str, object] = {"id": image, "job_id": job, "position": count + 1, "file": file, "width": 64}
    _insert(db, "images", values | {"height": 64, "digest": "0" * 64, "recipe": "{}"})


def _insert(db: sqlite3.Connection, table: str, values: dict[str, object]) -> None:
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def make_database(path: Path, jobs: int = 3, version: int = len(MIGRATIONS)) -> None:
    """A database that was closed in order, with a few jobs."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        migrate(db, MIGRATIONS[:version])
        db.execute("BEGIN")
        for number in range(jobs):
            add_job(db, f"job{number}")
        db.execute("COMMIT")


def jobs_in(path: Path) -> list[str]:
    """The ids of a database's jobs."""
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT id FROM jobs ORDER BY number")]
