"""The queue's states: every step of a job's life is one committed transaction.

queued ─► running ─► rendered ─► delivered
   └─────────┴─► failed, cancelled        (`told` once their sentence stands in Discord)
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from limner_sdk.messages import Picture, Result

from .database import Database
from .fairness import Waiting, line_up
from .identity import new_id
from .records import Job, Order

MOST_FAILURES: Final = 3
#: A job that takes the whole bot down each time must end as well.
MOST_ATTEMPTS: Final = 10

Cancelling: TypeAlias = Literal["cancelled", "cancelling", "over"]


@dataclass(frozen=True)
class Store:
    """Everything that changes the queue."""

    database: Database
    now: Callable[[], float] = time.time

    async def add(self, order: Order) -> bool:
        """Queue a job; whether it is new (an interaction may arrive twice). Raises `DiskFull`."""
        origin, moment = order.origin, self.now()
        state = "rendered" if order.kind == "single" else "queued"
        row = (
            *(order.id, order.kind, state, origin.user_id, origin.guild_id, origin.channel_id, origin.interaction_id),
            *(origin.token, origin.token_expires, origin.size_limit, order.source_id),
            *(order.request.model_dump_json(exclude_none=True), moment),
        )
        sql = (
            "INSERT INTO jobs (id, kind, state, user_id, guild_id, channel_id, interaction_id, token, token_expires,"
            " size_limit, source_id, request, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (interaction_id) DO NOTHING"
        )
        return await self.database.write(lambda db: db.execute(sql, row).rowcount == 1)

    async def place(self, job: str, message_id: int) -> None:
        """Remember which message the result goes into."""
        await self._update("message_id = ? WHERE id = ?", message_id, job)

    async def withdraw(self, job: str) -> None:
        """Forget a job whose person was told that it did not work."""
        await self._update("state = 'cancelled', told = 1, token = '', finished = ? WHERE id = ?", self.now(), job)

    async def start_next(self) -> Job | None:
        """Take the job whose turn it is; it is `running` then, under a new attempt number."""

        def body(db: sqlite3.Connection) -> Job | None:
            row = _first_in_line(db)
            if row is None:
                return None
            _take_turn(db, row["user_id"])
            db.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, started = ? WHERE id = ?",
                (self.now(), row["id"]),
            )
            return Job.of(db.execute("SELECT * FROM jobs WHERE id = ?", (row["id"],)).fetchone())

        return await self.database.write(body)

    async def rendered(self, job: Job, result: Result) -> bool:
        """The files are on the disk; whether that still counts (not cancelled, not another attempt's)."""

        def body(db: sqlite3.Connection) -> bool:
            changed = db.execute(
                "UPDATE jobs SET state = 'rendered', grid = ?, notices = ?, finished = ?"
                " WHERE id = ? AND state = 'running' AND attempt = ? AND cancelled_by IS NULL",
                (result.grid, json.dumps(result.notices), self.now(), job.id, job.attempt),
            ).rowcount
            if changed:
                db.executemany(_INSERT_IMAGE, _image_rows(job, result.pictures))
            return bool(changed)

        return await self.database.write(body)

    async def fail(self, job: Job, sentence: str) -> None:
        """This attempt has failed for good."""
        await self._end("failed", job, sentence)

    async def cancelled(self, job: Job) -> None:
        """This attempt was stopped because somebody wanted it."""
        await self._end("cancelled", job, "")

    async def interrupted(self, job: Job, blame: bool) -> None:
        """This attempt is void; the job goes back into the queue. `blame`: it counts as the job's failure."""
        await self._update(
            "state = 'queued', failures = failures + ? WHERE id = ? AND state = 'running' AND attempt = ?",
            *(int(blame), job.id, job.attempt),
        )

    async def cancel(self, job: str, by: int) -> Cancelling:
        """Cancel a waiting job at once, or mark a running one so that it ends without a result."""

        def body(db: sqlite3.Connection) -> Cancelling:
            waiting = "state = 'cancelled', cancelled_by = ?, finished = ? WHERE id = ? AND state = 'queued'"
            if db.execute(f"UPDATE jobs SET {waiting}", (by, self.now(), job)).rowcount:
                return "cancelled"
            running = "cancelled_by = coalesce(cancelled_by, ?) WHERE id = ? AND state = 'running'"
            return "cancelling" if db.execute(f"UPDATE jobs SET {running}", (by, job)).rowcount else "over"

        return await self.database.write(body)

    async def clear(self, guild_id: int | None, by: int) -> int:
        """Cancel all waiting jobs of a server; how many there were."""
        return await self._update(
            "state = 'cancelled', cancelled_by = ?, finished = ? WHERE state = 'queued' AND guild_id IS ?",
            *(by, self.now(), guild_id),
        )

    async def delivered(self, job: Job, message_id: int, channel_id: int, direct: bool = False) -> None:
        """The pictures stand in Discord. The interaction's token is a secret nobody needs any more."""
        await self._update(
            "state = 'delivered', told = 1, token = '', message_id = ?, channel_id = ?, guild_id = ? WHERE id = ?",
            *(message_id, channel_id, None if direct else job.guild_id, job.id),
        )

    async def told(self, job: str) -> None:
        """The sentence about a failed or cancelled job stands in Discord, or never can."""
        await self._update("told = 1, token = '' WHERE id = ?", job)

    async def undeliverable(self, job: str, sentence: str) -> None:
        """No door is open any more; the pictures stay in the person's history."""
        await self._update("state = 'failed', told = 1, token = '', sentence = ? WHERE id = ?", sentence, job)

    async def resume(self) -> int:
        """After a start: what ran when the bot died waits again, or ends; how many there were."""

        def body(db: sqlite3.Connection) -> int:
            ended = (self.now(), MOST_FAILURES, MOST_ATTEMPTS)
            db.execute(
                "UPDATE jobs SET state = 'cancelled', finished = ?"
                " WHERE state = 'running' AND cancelled_by IS NOT NULL",
                ended[:1],
            )
            db.execute(
                "UPDATE jobs SET state = 'failed', sentence = 'it took the host down too often', finished = ?"
                " WHERE state = 'running' AND (failures >= ? OR attempt >= ?)",
                ended,
            )
            return db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'").rowcount

        return await self.database.write(body)

    async def pause(self, guild_id: int, by: int) -> bool:
        """Start none of a server's jobs from now on; whether that is news."""
        sql = "INSERT INTO pauses (guild_id, user_id, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        return await self.database.write(lambda db: db.execute(sql, (guild_id, by, self.now())).rowcount == 1)

    async def unpause(self, guild_id: int) -> bool:
        """Start a server's jobs again; whether that is news."""
        sql = "DELETE FROM pauses WHERE guild_id = ?"
        return await self.database.write(lambda db: db.execute(sql, (guild_id,)).rowcount == 1)

    async def remember(self, name: str, value: str) -> None:
        """Keep a small value."""
        sql = "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        await self.database.write(lambda db: db.execute(sql, (name, value)).rowcount)

    async def _end(self, state: str, job: Job, sentence: str) -> None:
        await self._update(
            "state = ?, sentence = ?, finished = ? WHERE id = ? AND state = 'running' AND attempt = ?",
            *(state, sentence, self.now(), job.id, job.attempt),
        )

    async def _update(self, change: str, *values: object) -> int:
        return await self.database.write(lambda db: db.execute(f"UPDATE jobs SET {change}", values).rowcount)


_INSERT_IMAGE: Final = (
    "INSERT INTO images (id, job_id, position, file, width, height, digest, recipe) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _image_rows(job: Job, pictures: Sequence[Picture]) -> list[tuple[object, ...]]:
    return [
        (new_id(), job.id, position, p.file, p.width, p.height, p.digest, p.recipe.model_dump_json())
        for position, p in enumerate(pictures, start=1)
    ]


LINE: Final = (
    "SELECT id, number, user_id, attempt FROM jobs WHERE state = 'queued'"
    " AND (guild_id IS NULL OR guild_id NOT IN (SELECT guild_id FROM pauses))"
)


def in_line(rows: Sequence[sqlite3.Row], turns: Sequence[sqlite3.Row]) -> list[str]:
    """The ids of waiting jobs, next one first."""
    ids = {row["number"]: str(row["id"]) for row in rows}
    waiting = (Waiting(row["number"], row["user_id"], row["attempt"] > 0) for row in rows)
    return [ids[job.number] for job in line_up(waiting, {row["user_id"]: row["turn"] for row in turns})]


def _first_in_line(db: sqlite3.Connection) -> sqlite3.Row | None:
    rows = db.execute(LINE).fetchall()
    ordered = in_line(rows, db.execute("SELECT * FROM turns").fetchall())
    return next((row for row in rows if row["id"] == ordered[0]), None) if ordered else None


def _take_turn(db: sqlite3.Connection, user_id: int) -> None:
    db.execute(
        "INSERT INTO turns (user_id, turn) SELECT ?, coalesce(max(turn), 0) + 1 FROM turns WHERE true"
        " ON CONFLICT (user_id) DO UPDATE SET turn = excluded.turn",
        (user_id,),
    )
