"""Drafts: what somebody has begun and not confirmed yet, kept in the database so that a restart does not end it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import discord

from limner_bot.talking.guard import Refusal

from .database import Database
from .identity import new_id

Interaction = discord.Interaction[Any]
#: Seconds that a draft can be confirmed, unless it says otherwise: as long as its private message can be changed.
USUAL: Final = 900.0


@dataclass(frozen=True)
class Draft:
    """One draft; `payload` is JSON of whoever has made it, `kind` tells what that is about."""

    id: str
    kind: str
    user_id: int
    guild_id: int | None
    channel_id: int
    payload: Mapping[str, Any]
    expires: float
    used: bool

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The draft of a row with all columns of `drafts`."""
        names = ("id", "kind", "user_id", "guild_id", "channel_id", "expires")
        return cls(**{name: row[name] for name in names}, payload=json.loads(row["payload"]), used=bool(row["used"]))


@dataclass(frozen=True)
class Drafts:
    """All of them. Times are Unix seconds."""

    database: Database
    now: Callable[[], float] = time.time

    async def make(
        self, interaction: Interaction, kind: str, payload: Mapping[str, Any], seconds: float = USUAL, id: str = ""
    ) -> str:
        """Keep a draft for whoever has asked; its id, which is a fresh one unless `id` is that."""
        draft, place = id or new_id(), (interaction.user.id, interaction.guild_id, interaction.channel_id or 0)
        sql = (
            "INSERT INTO drafts (id, kind, user_id, guild_id, channel_id, payload, created, expires)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        moment = self.now()
        values = (draft, kind, *place, json.dumps(payload), moment, moment + seconds)
        await self.database.write(lambda db: db.execute(sql, values).rowcount)
        return draft

    async def find(self, draft: str, kind: str) -> Draft | None:
        """The draft of this id, whatever has become of it."""
        rows = await self.database.rows("SELECT * FROM drafts WHERE id = ? AND kind = ?", (draft, kind))
        return Draft.of(rows[0]) if rows else None

    async def own(self, interaction: Interaction, draft: str, kind: str) -> Draft:
        """A draft that whoever has clicked has made, and that can still be confirmed. Raises `Refusal`."""
        found = await self.find(draft, kind)
        if found is not None and found.user_id != interaction.user.id:
            raise Refusal.of("draft-not-yours")
        if found is None or found.expires <= self.now():
            raise Refusal.of("draft-expired")
        if found.used:
            raise Refusal.of("draft-used")
        return found

    async def change(self, draft: str, payload: Mapping[str, Any], seconds: float = USUAL) -> bool:
        """Let a draft say something else, for another while; whether it was not used yet."""
        sql = "UPDATE drafts SET payload = ?, expires = ? WHERE id = ? AND used = 0"
        values = (json.dumps(payload), self.now() + seconds, draft)
        return await self.database.write(lambda db: db.execute(sql, values).rowcount == 1)

    async def use(self, draft: str) -> bool:
        """Use a draft up; whether this is the first time."""
        sql = "UPDATE drafts SET used = 1 WHERE id = ? AND used = 0"
        return await self.database.write(lambda db: db.execute(sql, (draft,)).rowcount == 1)

    async def tidy(self) -> list[str]:
        """Forget what can no longer be confirmed; the ids of that. What was taken in for it is for the caller."""
        sql, moment = "DELETE FROM drafts WHERE expires <= ? RETURNING id", self.now()
        return await self.database.write(lambda db: [row["id"] for row in db.execute(sql, (moment,)).fetchall()])

    async def ids(self) -> set[str]:
        """The ids of all drafts."""
        return {row["id"] for row in await self.database.rows("SELECT id FROM drafts")}
