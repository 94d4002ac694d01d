"""The queue's states: every step of a job's life is one committed transaction.

arriving ─► queued ─► running ─► rendered ─► delivered
    └─────────┴─────────┴─► failed, cancelled        (`told` once their sentence stands in Discord)
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
from .identity import new_id
from .line import next_in_line, settle, spend
from .records import Job, Order
from .room import Room, check_room

MOST_FAILURES: Final = 3
#: A job that takes the whole bot down each time must end as well.
MOST_ATTEMPTS: Final = 10

Cancelling: TypeAlias = Literal["cancelled", "cancelling", "over"]


@dataclass(frozen=True)
class Store:
    """Everything that changes the queue."""

    database: Database
    now: Callable[[], float] = time.time

    async def add(
        self, *orders: Order, draft: str | None = None, room: Room | None = None, arriving: bool = False
    ) -> bool:
        """Queue jobs of one interaction, all or none; whether that is news (an interaction may arrive twice).

        Those that are `arriving` wait for their pictures first (`arrived`); a bot that dies meanwhile says so later.
        With a `draft` they are what it was about, which only works once. Raises `NoRoom`, `OverLimit` and `DiskFull`.
        """

        def body(db: sqlite3.Connection) -> bool:
            if draft is not None and not _used(db, draft):
                return False
            if room is not None and not _known(db, orders):
                check_room(db, orders, room, self.now())
            news = [_inserted(db, order, self.now(), arriving=arriving) for order in orders]
            return all(news)

        return await self.database.write(body)

    async def arrived(self, order: Order) -> bool:
        """The pictures of an arriving job are on the disk: it is queued as `order` says; whether it is still wanted."""
        price = order.price
        change = "state = 'queued', request = ?, notices = ?, model = ?, work = ?, cost = ?"
        change = f"{change} WHERE id = ? AND state = 'arriving'"
        said = order.request.model_dump_json(exclude_none=True), json.dumps(order.notices)
        values = (*said, price.model, price.work, price.seconds, order.id)

        def body(db: sqlite3.Connection) -> bool:
            before = db.execute("SELECT * FROM jobs WHERE id = ?", (order.id,)).fetchone()
            changed = db.execute(f"UPDATE jobs SET {change}", values).rowcount == 1
            if changed:
                spend(db, before["user_id"], before["guild_id"], before["created"], price.seconds - before["cost"])
            return changed

        return await self.database.write(body)

    async def place(self, job: str, message_id: int) -> None:
        """Remember which message the result goes into."""
        await self._update("message_id = ? WHERE id = ?", message_id, job)

    async def withdraw(self, job: str) -> None:
        """Forget a job whose person was told that it did not work."""

        def body(db: sqlite3.Connection) -> None:
            _refund(db, "id = ? AND state IN ('arriving', 'queued')", job)
            change = "UPDATE jobs SET state = 'cancelled', told = 1, token = '', finished = ?"
            # Whoever has cancelled it meanwhile is still to be named.
            db.execute(f"{change} WHERE id = ? AND state != 'cancelled'", (self.now(), job))

        await self.database.write(body)

    async def start_next(self, loaded: str = "") -> Job | None:
        """Take the job whose turn it is; it is `running` then, under a new attempt number.

        `loaded` is the model that the host has in its memory: among those who are about even, it goes first.
        """

        def body(db: sqlite3.Connection) -> Job | None:
            row = next_in_line(db, loaded)
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, started = ? WHERE id = ?",
                (self.now(), row["id"]),
            )
            return Job.of(db.execute("SELECT * FROM jobs WHERE id = ?", (row["id"],)).fetchone())

        return await self.database.write(body)

    async def rendered(self, job: Job, result: Result, seconds: float = 0.0) -> bool:
        """The files are on the disk; whether that still counts (not cancelled, not another attempt's).

        `seconds` is how long the GPU was busy with it.
        """

        told = json.dumps([*dict.fromkeys((*job.notices, *result.notices))])

        def body(db: sqlite3.Connection) -> bool:
            changed = db.execute(
                "UPDATE jobs SET state = 'rendered', grid = ?, notices = ?, finished = ?, seconds = ?"
                " WHERE id = ? AND state = 'running' AND attempt = ? AND cancelled_by IS NULL",
                (result.grid, told, self.now(), seconds, job.id, job.attempt),
            ).rowcount
            if changed:
                db.executemany(_INSERT_IMAGE, _image_rows(job, result.pictures))
                _settle(db, job, seconds, seconds)
            return bool(changed)

        return await self.database.write(body)

    async def fail(self, job: Job, sentence: str, seconds: float = 0.0) -> None:
        """This attempt has failed for good. The person gets their day's allowance back, but not their turn."""
        await self._end("failed", job, sentence, seconds, owed=0.0)

    async def cancelled(self, job: Job, seconds: float = 0.0) -> None:
        """This attempt was stopped because somebody wanted it."""
        await self._end("cancelled", job, "", seconds, owed=seconds)

    async def interrupted(self, job: Job, blame: bool) -> None:
        """This attempt is void; the job goes back into the queue. `blame`: it counts as the job's failure."""
        await self._update(
            "state = 'queued', failures = failures + ? WHERE id = ? AND state = 'running' AND attempt = ?",
            *(int(blame), job.id, job.attempt),
        )

    async def cancel(self, job: str, by: int) -> Cancelling:
        """Cancel a waiting job at once, or mark a running one so that it ends without a result."""

        def body(db: sqlite3.Connection) -> Cancelling:
            if self._cancel_waiting(db, by, "id = ?", job):
                return "cancelled"
            running = "cancelled_by = coalesce(cancelled_by, ?) WHERE id = ? AND state = 'running'"
            return "cancelling" if db.execute(f"UPDATE jobs SET {running}", (by, job)).rowcount else "over"

        return await self.database.write(body)

    async def clear(self, guild_id: int | None, by: int) -> int:
        """Cancel all waiting jobs of a server; how many there were."""
        return await self.database.write(lambda db: self._cancel_waiting(db, by, "guild_id IS ?", guild_id))

    async def clear_member(self, guild_id: int | None, user_id: int, by: int) -> int:
        """Cancel all waiting jobs of one person in a server; how many there were."""
        which = "guild_id IS ? AND user_id = ?"
        return await self.database.write(lambda db: self._cancel_waiting(db, by, which, guild_id, user_id))

    def _cancel_waiting(self, db: sqlite3.Connection, by: int, which: str, *values: object) -> int:
        which = f"state IN ('arriving', 'queued') AND {which}"
        _refund(db, which, *values)
        change = f"state = 'cancelled', cancelled_by = ?, finished = ? WHERE {which}"
        return db.execute(f"UPDATE jobs SET {change}", (by, self.now(), *values)).rowcount

    async def move(self, job: str, *, front: bool) -> bool:
        """Put a waiting job before all others, or behind them; whether it waited."""
        edge = "max(moved, 0)) + 1" if front else "min(moved, 0)) - 1"
        aggregate = "max" if front else "min"
        sql = f"moved = (SELECT {aggregate}({edge} FROM jobs WHERE state = 'queued') WHERE id = ? AND state = 'queued'"
        return await self._update(sql, job) == 1

    async def retry(self, job: str) -> bool:
        """Queue a failed job once more, or deliver it if its pictures are there; whether it had failed.

        Its message is found, or made anew. What failed before its pictures had arrived cannot be made.
        """
        state = "CASE WHEN grid = '' THEN 'queued' ELSE 'rendered' END"
        changes = f"state = {state}, failures = 0, told = 0, sentence = '', finished = NULL, cancelled_by = NULL"

        def body(db: sqlite3.Connection) -> bool:
            sql = f"UPDATE jobs SET {changes} WHERE id = ? AND state = 'failed' AND attempt > 0 RETURNING *"
            rows = db.execute(sql, (job,)).fetchall()
            for row in rows:
                if row["state"] == "queued":
                    spend(db, row["user_id"], row["guild_id"], row["created"], row["cost"])
            return bool(rows)

        return await self.database.write(body)

    async def delivered(self, job: Job, message_id: int, channel_id: int, direct: bool = False) -> None:
        """The pictures stand in Discord. The interaction's token is a secret nobody needs any more."""
        await self._update(
            "state = 'delivered', told = 1, token = '', message_id = ?, channel_id = ?, guild_id = ?, by_token = ?"
            " WHERE id = ?",
            *(message_id, channel_id, None if direct else job.guild_id, job.by_token and not direct, job.id),
        )

    async def told(self, job: str) -> None:
        """The sentence about a failed or cancelled job stands in Discord, or never can."""
        await self._update("told = 1, token = '' WHERE id = ?", job)

    async def undeliverable(self, job: str, sentence: str) -> None:
        """No door is open any more; the pictures stay in the person's history."""
        await self._update("state = 'failed', told = 1, token = '', sentence = ? WHERE id = ?", sentence, job)

    async def pinging(self, job: str) -> bool:
        """Somebody is about to be pinged for a job; whether its command is done, and nobody was pinged for it yet."""
        others = "others.interaction_id = jobs.interaction_id AND others.id <> jobs.id"
        unfinished = "others.pinged = 1 OR others.state IN ('arriving', 'queued', 'running', 'rendered')"
        blocked = f"EXISTS (SELECT 1 FROM jobs AS others WHERE {others} AND ({unfinished}))"
        return await self._update(f"pinged = 1 WHERE id = ? AND pinged = 0 AND NOT {blocked}", job) == 1

    async def resume(self) -> int:
        """After a start: what ran when the bot died waits again, or ends; how many there were."""

        def body(db: sqlite3.Connection) -> int:
            ended = (self.now(), MOST_FAILURES, MOST_ATTEMPTS)
            _refund(db, "state = 'arriving'")
            db.execute(
                "UPDATE jobs SET state = 'failed', sentence = 'job-never-arrived', finished = ?"
                " WHERE state = 'arriving'",
                ended[:1],
            )
            db.execute(
                "UPDATE jobs SET state = 'cancelled', finished = ?"
                " WHERE state = 'running' AND cancelled_by IS NOT NULL",
                ended[:1],
            )
            db.execute(
                "UPDATE jobs SET state = 'failed', sentence = 'job-took-host-down', finished = ?"
                " WHERE state = 'running' AND (failures >= ? OR attempt >= ?)",
                ended,
            )
            return db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'").rowcount

        return await self.database.write(body)

    async def pause(self, guild_id: int, by: int) -> bool:
        """Start none of a server's jobs from now on (0: nobody's); whether that is news."""
        sql = "INSERT INTO pauses (guild_id, user_id, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        return await self.database.write(lambda db: db.execute(sql, (guild_id, by, self.now())).rowcount == 1)

    async def unpause(self, guild_id: int) -> bool:
        """Start a server's jobs again (0: everybody's); whether that is news."""
        sql = "DELETE FROM pauses WHERE guild_id = ?"
        return await self.database.write(lambda db: db.execute(sql, (guild_id,)).rowcount == 1)

    async def remember(self, name: str, value: str) -> None:
        """Keep a small value."""
        sql = "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        await self.database.write(lambda db: db.execute(sql, (name, value)).rowcount)

    async def _end(self, state: str, job: Job, sentence: str, seconds: float, owed: float) -> None:
        def body(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE jobs SET state = ?, sentence = ?, finished = ?, seconds = ?"
                " WHERE id = ? AND state = 'running' AND attempt = ?",
                (state, sentence, self.now(), seconds, job.id, job.attempt),
            ).rowcount
            if changed:
                _settle(db, job, seconds, owed)

        await self.database.write(body)

    async def _update(self, change: str, *values: object) -> int:
        return await self.database.write(lambda db: db.execute(f"UPDATE jobs SET {change}", values).rowcount)


_INSERT_IMAGE: Final = (
    "INSERT INTO images (id, job_id, position, file, width, height, digest, cell, recipe, prompt)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _image_rows(job: Job, pictures: Sequence[Picture]) -> list[tuple[object, ...]]:
    return [_image_row(job, place, picture) for place, picture in enumerate(pictures, start=1)]


def _image_row(job: Job, place: int, picture: Picture) -> tuple[object, ...]:
    recipe, file = picture.recipe, (picture.file, picture.width, picture.height, picture.digest)
    return (new_id(), job.id, place, *file, picture.cell, recipe.model_dump_json(), recipe.prompt)


def _inserted(db: sqlite3.Connection, order: Order, moment: float, *, arriving: bool) -> bool:
    origin, price = order.origin, order.price
    values = {
        "id": order.id,
        "kind": order.kind,
        "state": "arriving" if arriving else "rendered" if order.kind == "single" else "queued",
        "user_id": origin.user_id,
        "guild_id": origin.guild_id,
        "channel_id": origin.channel_id,
        "interaction_id": origin.interaction_id,
        "part": order.part,
        "token": origin.token,
        "token_expires": origin.token_expires,
        "size_limit": origin.size_limit,
        "locale": origin.locale,
        "personal": origin.personal,
        "private": origin.private,
        "by_token": origin.by_token,
        "source_id": order.source_id,
        "about": order.about,
        "request": order.request.model_dump_json(exclude_none=True),
        "wish": order.wish,
        "model": price.model,
        "work": price.work,
        "cost": price.seconds,
        "weight": price.weight,
        "created": moment,
    }
    marks = ", ".join("?" * len(values))
    sql = f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks}) ON CONFLICT (interaction_id, part) DO NOTHING"
    is_new = db.execute(sql, tuple(values.values())).rowcount == 1
    if is_new and order.kind != "single":
        spend(db, origin.user_id, origin.guild_id, moment, price.seconds)
    return is_new


def _used(db: sqlite3.Connection, draft: str) -> bool:
    return db.execute("UPDATE drafts SET used = 1 WHERE id = ? AND used = 0", (draft,)).rowcount == 1


def _known(db: sqlite3.Connection, orders: Sequence[Order]) -> bool:
    """Whether the same interaction has asked before; then the room it takes is taken already."""
    sql = "SELECT 1 FROM jobs WHERE interaction_id = ? AND part = ?"
    return any(db.execute(sql, (order.origin.interaction_id, order.part)).fetchone() for order in orders)


def _refund(db: sqlite3.Connection, which: str, *values: object) -> None:
    for row in db.execute(f"SELECT * FROM jobs WHERE {which} AND kind != 'single'", values).fetchall():
        spend(db, row["user_id"], row["guild_id"], row["created"], -row["cost"])


def _settle(db: sqlite3.Connection, job: Job, seconds: float, owed: float) -> None:
    settle(db, db.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone(), seconds, owed)
