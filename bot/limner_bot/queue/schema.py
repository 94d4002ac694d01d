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

#: The table is made anew: one interaction may ask for several jobs, and SQLite drops no UNIQUE.
_JOBS: Final = (
    """
    CREATE TABLE new_jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('arriving', 'queued', 'running', 'rendered', 'delivered', 'failed', 'cancelled')),
        attempt INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0,
        user_id INTEGER NOT NULL,
        guild_id INTEGER,
        channel_id INTEGER NOT NULL,
        interaction_id INTEGER NOT NULL,
        part INTEGER NOT NULL DEFAULT 0,
        token TEXT NOT NULL,
        token_expires REAL NOT NULL,
        message_id INTEGER,
        size_limit INTEGER NOT NULL,
        locale TEXT NOT NULL DEFAULT 'en',
        personal TEXT NOT NULL DEFAULT '',
        private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
        by_token INTEGER NOT NULL DEFAULT 0 CHECK (by_token IN (0, 1)),
        about TEXT NOT NULL DEFAULT '',
        source_id TEXT REFERENCES images (id),
        request TEXT NOT NULL,
        wish TEXT NOT NULL DEFAULT '',
        model TEXT NOT NULL DEFAULT '',
        work REAL NOT NULL DEFAULT 0,
        cost REAL NOT NULL DEFAULT 1,
        weight REAL NOT NULL DEFAULT 1,
        moved INTEGER NOT NULL DEFAULT 0,
        seconds REAL,
        grid TEXT NOT NULL DEFAULT '',
        notices TEXT NOT NULL DEFAULT '[]',
        sentence TEXT NOT NULL DEFAULT '',
        cancelled_by INTEGER,
        told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
        pinged INTEGER NOT NULL DEFAULT 0 CHECK (pinged IN (0, 1)),
        created REAL NOT NULL,
        started REAL,
        finished REAL,
        UNIQUE (interaction_id, part)
    ) STRICT
    """,
    """
    INSERT INTO new_jobs (number, id, kind, state, attempt, failures, user_id, guild_id, channel_id, interaction_id,
        token, token_expires, message_id, size_limit, source_id, request, grid, notices, sentence, cancelled_by, told,
        created, started, finished)
    SELECT number, id, kind, state, attempt, failures, user_id, guild_id, channel_id, interaction_id,
        token, token_expires, message_id, size_limit, source_id, request, grid, notices, sentence, cancelled_by, told,
        created, started, finished FROM jobs
    """,
    "DROP TABLE jobs",
    "ALTER TABLE new_jobs RENAME TO jobs",
    "CREATE INDEX jobs_by_state ON jobs (state, told)",
    "CREATE INDEX jobs_by_user ON jobs (user_id)",
)

def _spare(event: str, row: str) -> str:
    """A trigger: the digests in a recipe may be those of pictures which nobody needs from now on."""
    found = f"SELECT value FROM json_tree({row}.recipe) WHERE key = 'digest' AND type = 'text'"
    return f"CREATE TRIGGER {event} BEGIN INSERT OR IGNORE INTO spares (digest) {found}; END"


#: What a server's life needs. `guild_id` 0 is everywhere, `role_id` 0 everybody; times are Unix seconds.
_LIFE: Final = (
    "ALTER TABLE images ADD COLUMN prompt TEXT NOT NULL DEFAULT ''",
    "UPDATE images SET prompt = coalesce(json_extract(recipe, '$.prompt'), '')",
    # When the file was removed; the recipe stays.
    "ALTER TABLE images ADD COLUMN gone REAL",
    # What tells a grid's cells apart.
    "ALTER TABLE images ADD COLUMN cell TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX images_by_job ON images (job_id)",
    "CREATE INDEX jobs_by_source ON jobs (source_id)",
    """
    CREATE TABLE drafts (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        user_id INTEGER NOT NULL,
        guild_id INTEGER,
        channel_id INTEGER NOT NULL,
        payload TEXT NOT NULL,
        created REAL NOT NULL,
        expires REAL NOT NULL,
        used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
    ) STRICT
    """,
    """
    CREATE TABLE favourites (
        user_id INTEGER NOT NULL,
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        since REAL NOT NULL,
        PRIMARY KEY (user_id, image_id)
    ) STRICT
    """,
    "CREATE INDEX favourites_by_image ON favourites (image_id)",
    """
    CREATE TABLE preferences (
        scope TEXT NOT NULL CHECK (scope IN ('member', 'channel', 'server', 'bot')),
        scope_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (scope, scope_id, name)
    ) STRICT
    """,
    "CREATE TABLE rules (guild_id INTEGER PRIMARY KEY, rules TEXT NOT NULL) STRICT",
    """
    CREATE TABLE limits (
        guild_id INTEGER NOT NULL,
        role_id INTEGER NOT NULL,
        limits TEXT NOT NULL,
        PRIMARY KEY (guild_id, role_id)
    ) STRICT
    """,
    """
    CREATE TABLE bans (
        guild_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        until REAL,
        reason TEXT NOT NULL DEFAULT '',
        by_id INTEGER NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY (guild_id, user_id)
    ) STRICT
    """,
    """
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        moment REAL NOT NULL,
        guild_id INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL DEFAULT '',
        details TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX audit_by_guild ON audit (guild_id, number)",
    # Predicted seconds of the GPU while a job waits or runs, measured ones afterwards; `day` counts from 1970.
    """
    CREATE TABLE spending (
        user_id INTEGER NOT NULL,
        guild_id INTEGER NOT NULL,
        day INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (user_id, guild_id, day)
    ) STRICT
    """,
    "CREATE TABLE fading (message_id INTEGER PRIMARY KEY, channel_id INTEGER NOT NULL, content TEXT NOT NULL) STRICT",
    "CREATE TABLE accounts (user_id INTEGER PRIMARY KEY, served REAL NOT NULL) STRICT",
    "CREATE TABLE rates (model TEXT PRIMARY KEY, rate REAL NOT NULL, samples INTEGER NOT NULL) STRICT",
    # Pictures that the host keeps for recipes; those of which the last recipe has gone are removed.
    "CREATE TABLE spares (digest TEXT PRIMARY KEY) STRICT",
    _spare("image_erased AFTER DELETE ON images", "OLD"),
    _spare("image_gone AFTER UPDATE OF gone ON images WHEN NEW.gone IS NOT NULL", "NEW"),
    "DROP TABLE turns",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST, _FINISH, (*_JOBS, *_LIFE))
