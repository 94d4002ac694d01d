"""The database's tables, as one list of migrations: entry k leads from version k to k + 1 and is never edited again."""

from __future__ import annotations

from typing import Final

_FIRST: Final = (
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('imagine', 'variations', 'reroll', 'single')),
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'rendered', 'delivered', 'failed', 'cancelled')),
        attempt INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        user_id INTEGER NOT NULL,
        guild_id INTEGER,
        channel_id INTEGER NOT NULL,
        interaction_id INTEGER NOT NULL UNIQUE,
        token TEXT NOT NULL,
        token_expires REAL NOT NULL,
        message_id INTEGER,
        size_limit INTEGER NOT NULL,
        source_id TEXT REFERENCES images (id),
        request TEXT NOT NULL,
        grid TEXT NOT NULL DEFAULT '',
        notices TEXT NOT NULL DEFAULT '[]',
        sentence TEXT NOT NULL DEFAULT '',
        cancelled_by INTEGER,
        told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
        created REAL NOT NULL,
        started REAL,
        finished REAL
    ) STRICT
    """,
    """
    CREATE TABLE images (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        job_id TEXT NOT NULL REFERENCES jobs (id),
        position INTEGER NOT NULL,
        file TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        digest TEXT NOT NULL,
        recipe TEXT NOT NULL,
        UNIQUE (job_id, position)
    ) STRICT
    """,
    "CREATE TABLE turns (user_id INTEGER PRIMARY KEY, turn INTEGER NOT NULL) STRICT",
    "CREATE TABLE pauses (guild_id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, since REAL NOT NULL) STRICT",
    "CREATE INDEX jobs_by_state ON jobs (state, told)",
    "CREATE INDEX jobs_by_user ON jobs (user_id)",
)

#: SQLite changes no CHECK, so the column is made anew: rebuilding the table would break the references to it.
_FINISH: Final = (
    """
    ALTER TABLE jobs ADD COLUMN new_kind TEXT NOT NULL DEFAULT 'imagine'
        CHECK (new_kind IN ('imagine', 'variations', 'reroll', 'single', 'finish'))
    """,
    "UPDATE jobs SET new_kind = kind",
    "ALTER TABLE jobs DROP COLUMN kind",
    "ALTER TABLE jobs RENAME COLUMN new_kind TO kind",
    "CREATE INDEX images_by_digest ON images (digest)",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST, _FINISH)
