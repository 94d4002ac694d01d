"""The waiting line as the database holds it: who is next, what a start costs whom, and what it turned out to cost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from .fairness import Accounts, Detour, Waiting, after, corrected, first, line_up, rested

#: Waiting jobs that may start; those of paused servers, or all while everything is paused (server 0), may not.
_MAY_START: Final = (
    "state = 'queued' AND NOT EXISTS (SELECT 1 FROM pauses WHERE guild_id = 0)"
    " AND coalesce(guild_id, 0) NOT IN (SELECT guild_id FROM pauses)"
)
LINE: Final = f"SELECT id, number, user_id, attempt, work, cost, weight, model, moved FROM jobs WHERE {_MAY_START}"
#: Waiting jobs that may not start for now.
HELD: Final = (
    "SELECT id, number, user_id, attempt, work, cost, weight, model, moved FROM jobs"
    f" WHERE state = 'queued' AND NOT ({_MAY_START})"
)
#: Those of the first that may be next: everybody's first one, and all that an admin has moved or that were interrupted.
HEADS: Final = (
    "SELECT id, min(number) AS number, user_id, attempt, work, cost, weight, model, moved FROM jobs"
    f" WHERE {_MAY_START} AND attempt = 0 AND moved = 0 GROUP BY user_id"
    f" UNION ALL {LINE} AND (attempt > 0 OR moved <> 0)"
)
ACCOUNTS: Final = "SELECT user_id, served FROM accounts"
CLOCK: Final = "queue clock"
CLOCK_SQL: Final = f"SELECT value FROM settings WHERE name = '{CLOCK}'"
#: What somebody's day has cost so far.
SPENT: Final = "SELECT coalesce(sum(seconds), 0) FROM spending WHERE user_id = ? AND day = ?"
_DAY: Final = 86400


def waiting_of(row: sqlite3.Row) -> Waiting:
    """What the line knows about a job."""
    return Waiting(
        number=row["number"],
        user_id=row["user_id"],
        cost=row["cost"],
        weight=row["weight"],
        model=row["model"],
        interrupted=row["attempt"] > 0,
        moved=row["moved"],
    )


def accounts_of(rows: Sequence[sqlite3.Row], clock: Sequence[sqlite3.Row]) -> Accounts:
    """What everybody has had so far."""
    served = {row["user_id"]: row["served"] for row in rows}
    moment, *detour = json.loads(clock[0]["value"]) if clock else [0.0]
    return Accounts(served, moment, Detour(*detour))


def in_line(rows: Sequence[sqlite3.Row], accounts: Accounts, loaded: str, most: int | None = None) -> list[str]:
    """The ids of waiting jobs, next one first."""
    ids = {row["number"]: str(row["id"]) for row in rows}
    return [ids[job.number] for job in line_up(map(waiting_of, rows), accounts, loaded, most)]


def next_in_line(db: sqlite3.Connection, loaded: str) -> sqlite3.Row | None:
    """The job whose turn it is; its start is charged to its owner."""
    rows = {row["number"]: row for row in db.execute(HEADS).fetchall()}
    accounts = accounts_of(db.execute(ACCOUNTS).fetchall(), db.execute(CLOCK_SQL).fetchall())
    waiting = [waiting_of(row) for row in rows.values()]
    job = first(waiting, accounts, loaded)
    if job is None:
        _rest(db, accounts)
        return None
    _keep(db, job.user_id, after(job, accounts, waiting))
    found: sqlite3.Row = rows[job.number]
    return found


def settle(db: sqlite3.Connection, job: sqlite3.Row, seconds: float, owed: float) -> None:
    """A job is over: its owner's turn has cost the GPU's `seconds`, and their day's allowance is charged `owed`."""
    accounts = accounts_of(db.execute(ACCOUNTS).fetchall(), db.execute(CLOCK_SQL).fetchall())
    _keep(db, job["user_id"], corrected(waiting_of(job), seconds, accounts))
    spend(db, job["user_id"], job["guild_id"], job["created"], owed - job["cost"])


def spend(db: sqlite3.Connection, user_id: int, guild_id: int | None, moment: float, seconds: float) -> None:
    """Charge somebody's day; negative seconds give back."""
    db.execute(
        "INSERT INTO spending (user_id, guild_id, day, seconds) VALUES (?, ?, ?, max(?, 0))"
        " ON CONFLICT DO UPDATE SET seconds = max(0, spending.seconds + ?)",
        (user_id, guild_id or 0, day_of(moment), seconds, seconds),
    )


def day_of(moment: float) -> int:
    """The day of a moment, counted from 1970 in UTC."""
    return int(moment // _DAY)


def _rest(db: sqlite3.Connection, accounts: Accounts) -> None:
    """Nothing waits: once nothing runs either, all are even again."""
    if accounts.served and not db.execute("SELECT 1 FROM jobs WHERE state = 'running' LIMIT 1").fetchall():
        db.execute("DELETE FROM accounts")
        _keep_clock(db, rested(accounts))


def _keep(db: sqlite3.Connection, user_id: int, accounts: Accounts) -> None:
    db.execute(
        "INSERT INTO accounts (user_id, served) VALUES (?, ?) ON CONFLICT DO UPDATE SET served = excluded.served",
        (user_id, accounts.served[user_id]),
    )
    _keep_clock(db, accounts)


def _keep_clock(db: sqlite3.Connection, accounts: Accounts) -> None:
    db.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (CLOCK, json.dumps([accounts.clock, *accounts.detour])),
    )
