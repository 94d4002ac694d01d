"""Who decided what and when: each decision is written down in the same transaction that carries it out."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, TypeAlias

from limner_bot.queue.database import Database
from limner_bot.talking.guard import Refusal
from limner_sdk import DiskFull

#: The server of what concerns all of them.
EVERYWHERE: Final = 0
#: Who did what the bot did by itself.
NOBODY: Final = 0
LONGEST_SUBJECT: Final = 200
LONGEST_DETAILS: Final = 500

#: SQL and its values.
Step: TypeAlias = tuple[str, Sequence[Any]]
Direction: TypeAlias = Literal["older", "newer"]


@dataclass(frozen=True)
class Act:
    """Something that somebody did, in a server or `EVERYWHERE`.

    `action` is the name of a sentence that begins with ``act-`` and may use `subject` (a mention, a model, a word) and
    `details`.
    """

    guild_id: int
    user_id: int
    action: str
    subject: str = ""
    details: str = ""


@dataclass(frozen=True)
class Entry:
    """An act in the book, with its number and its moment in Unix seconds."""

    number: int
    moment: float
    act: Act

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The entry of a row with all columns of `audit`."""
        act = Act(row["guild_id"], row["user_id"], row["action"], row["subject"], row["details"])
        return cls(row["number"], row["moment"], act)


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and whether there are others beyond."""

    entries: tuple[Entry, ...]
    has_newer: bool
    has_older: bool


class Unsaved(Refusal, DiskFull):
    """What was decided is not in force: there is no room to keep it."""


@dataclass(frozen=True)
class Audit:
    """The book."""

    database: Database
    now: Callable[[], float] = time.time

    async def note(self, guild_id: int, user_id: int, action: str, subject: str = "", details: str = "") -> None:
        """Write down what was carried out elsewhere."""
        await self._write(Act(guild_id, user_id, action, subject, details))

    async def carry_out(self, act: Act | None, *steps: Step) -> None:
        """Change the database, and write down who wanted it if that is anybody's business. Raises `Unsaved`."""
        try:
            await self._write(act, *steps)
        except DiskFull as error:
            raise Unsaved.of("disk-full-unsaved") from error

    async def _write(self, act: Act | None, *steps: Step) -> None:
        def body(db: sqlite3.Connection) -> None:
            for sql, values in steps:
                db.execute(sql, values)
            if act is not None:
                record(db, act, self.now())

        await self.database.write(body)

    async def page(self, guild_id: int, direction: Direction, anchor: int, most: int) -> Page:
        """Up to `most` entries of a server that are older or newer than the one with the number `anchor`."""
        sign, order = ("<", "DESC") if direction == "older" else (">", "ASC")
        rows = await self.database.rows(
            f"SELECT * FROM audit WHERE guild_id = ? AND number {sign} ? ORDER BY number {order} LIMIT ?",
            (guild_id, anchor, most),
        )
        entries = sorted(map(Entry.of, rows), key=lambda entry: -entry.number)
        if not entries:
            return Page((), has_newer=False, has_older=False)
        newer = await self._any(guild_id, ">", entries[0].number)
        older = await self._any(guild_id, "<", entries[-1].number)
        return Page(tuple(entries), newer, older)

    async def _any(self, guild_id: int, sign: str, number: int) -> bool:
        sql = f"SELECT 1 FROM audit WHERE guild_id = ? AND number {sign} ? LIMIT 1"
        return bool(await self.database.rows(sql, (guild_id, number)))


def record(db: sqlite3.Connection, act: Act, moment: float) -> None:
    """Write an act down inside a transaction."""
    db.execute(
        "INSERT INTO audit (moment, guild_id, user_id, action, subject, details) VALUES (?, ?, ?, ?, ?, ?)",
        (moment, act.guild_id, act.user_id, act.action, act.subject[:LONGEST_SUBJECT], act.details[:LONGEST_DETAILS]),
    )
