"""Messages that must vanish from Discord or be emptied, kept in the database until they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from .database import Database

#: How many messages are looked at in one round.
_AT_ONCE: Final = 50


@dataclass(frozen=True)
class Fading:
    """A message that shows what it must show no longer; `content` is all that stays of it, "" means nothing at all."""

    channel_id: int
    message_id: int
    content: str

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The message of a row of `fading`."""
        return cls(row["channel_id"], row["message_id"], row["content"])


@dataclass(frozen=True)
class FadingList:
    """All of them; messages themselves are others' business."""

    database: Database

    async def next(self) -> Sequence[Fading]:
        """Some that are still to be done, in the order of their messages."""
        rows = await self.database.rows(f"SELECT * FROM fading ORDER BY message_id LIMIT {_AT_ONCE}")
        return [Fading.of(row) for row in rows]

    async def add(self, fading: Fading) -> None:
        """One more."""
        await self.database.write(lambda db: enter(db, fading))

    async def done(self, message: int) -> None:
        """A message shows nothing any more, or can never be reached."""
        await self.database.write(lambda db: db.execute("DELETE FROM fading WHERE message_id = ?", (message,)).rowcount)


def enter(db: sqlite3.Connection, fading: Fading) -> None:
    """Enter a message; what was wanted of it before counts no more."""
    sql = (
        "INSERT INTO fading (channel_id, message_id, content) VALUES (?, ?, ?)"
        " ON CONFLICT (message_id) DO UPDATE SET content = excluded.content"
    )
    db.execute(sql, (fading.channel_id, fading.message_id, fading.content))
