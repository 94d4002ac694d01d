"""Forgetting a person: jobs, pictures, messages and settings go, however long that takes and whatever ends the bot.

The wish is a row of the database until nothing is left, so a restart goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

import discord

from limner_bot.delivering.verdicts import PASSING
from limner_bot.policy.audit import EVERYWHERE, Act, record
from limner_bot.queue.line import day_of

from .house import House

log = logging.getLogger(__name__)

ACT: Final = "act-data-erased"
PAUSE: Final = 2.0
_WISH: Final = "erase "
#: Jobs of one transaction, and messages after which the rest is written down.
_AT_ONCE: Final = 100
_MESSAGES: Final = 10
_UNFINISHED: Final = "('arriving', 'queued', 'running', 'rendered')"
#: What is over, and what nobody else's unfinished job is made from.
_ENDED: Final = f"""
    SELECT id, guild_id, channel_id, message_id, private, by_token FROM jobs
    WHERE user_id = ? AND created <= ? AND (state = 'delivered' OR told = 1) AND NOT EXISTS
        (SELECT 1 FROM images JOIN jobs AS others ON others.source_id = images.id
         WHERE images.job_id = jobs.id AND others.user_id <> jobs.user_id AND others.state IN {_UNFINISHED})
    LIMIT {_AT_ONCE}
"""
_COPIES: Final = """
    SELECT jobs.channel_id, jobs.message_id FROM jobs JOIN images ON images.id = jobs.source_id
    WHERE images.job_id = ? AND jobs.kind = 'single' AND jobs.private = 0 AND jobs.message_id IS NOT NULL
"""

#: A channel and a message.
Place: TypeAlias = tuple[int, int]


@dataclass
class Wish:
    """Somebody wants to be forgotten, with all that they had asked for until `before` (Unix seconds)."""

    user_id: int
    before: float
    messages: list[Place] = field(default_factory=list)

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The wish of a row of `settings`."""
        said = json.loads(row["value"])
        return cls(int(row["name"].removeprefix(_WISH)), said["before"], [(c, m) for c, m in said["messages"]])

    def keep(self, db: sqlite3.Connection) -> None:
        """Write down what is left to do."""
        value = json.dumps({"before": self.before, "messages": self.messages})
        sql = "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        db.execute(sql, (f"{_WISH}{self.user_id}", value))


@dataclass(frozen=True)
class Erasing:
    """Forgets people, one after another."""

    house: House
    client: discord.Client
    now: Callable[[], float] = time.time

    async def run(self) -> None:
        """Forget for ever."""
        while True:
            try:
                for wish in await wishes(self.house):
                    await self.go_on(wish)
            except Exception:
                # The wish still stands there, and the next round goes on; nobody else must wait for that.
                log.exception("somebody could not be forgotten yet")
            await asyncio.sleep(PAUSE)

    async def go_on(self, wish: Wish) -> None:
        """Remove what can be removed now: rows, then files, then messages."""
        await self._cancel(wish)
        while erased := await self.house.database.write(lambda db: _erase(db, wish)):
            await asyncio.to_thread(self.house.shelf.clear, erased, {})
        await self._clear_drafts(wish)
        await self._delete_messages(wish)
        if not wish.messages and await self.house.database.write(lambda db: _finish(db, wish, self.now())):
            log.info("somebody was forgotten as they wished")

    async def _cancel(self, wish: Wish) -> None:
        sql = f"SELECT id FROM jobs WHERE user_id = ? AND created <= ? AND state IN {_UNFINISHED}"
        for row in await self.house.database.rows(sql, (wish.user_id, wish.before)):
            await self.house.desk.cancel_job(row["id"], wish.user_id)

    async def _clear_drafts(self, wish: Wish) -> None:
        """What was attached to questions that are still open; their rows go last, so that nothing is forgotten."""
        sql = "SELECT id FROM drafts WHERE user_id = ? AND created <= ?"
        rows = await self.house.database.rows(sql, (wish.user_id, wish.before))
        await asyncio.to_thread(self.house.shelf.clear, [row["id"] for row in rows], {})

    async def _delete_messages(self, wish: Wish) -> None:
        while wish.messages:
            for place in wish.messages[:_MESSAGES]:
                if not await self._delete(place):
                    return
                wish.messages.remove(place)
            await self.house.database.write(wish.keep)

    async def _delete(self, place: Place) -> bool:
        """Delete a message; False if that should be tried again."""
        channel, message = place
        try:
            await self.client.get_partial_messageable(channel).get_partial_message(message).delete()
        except PASSING as error:
            log.info("a message is not deleted yet: %s", error)
            return False
        except discord.HTTPException as error:
            log.info("a message is gone, or stays: %s", error)
        return True


async def wishes(house: House) -> list[Wish]:
    """Everybody who is still to be forgotten."""
    sql = "SELECT name, value FROM settings WHERE name >= ? AND name < ?"
    rows = await house.database.rows(sql, (_WISH, _WISH.replace(" ", "!")))
    return [Wish.of(row) for row in rows]


async def wish_for(house: House, user: int, moment: float) -> None:
    """Write down that somebody wants to be forgotten; their settings hold no longer."""
    await house.policies.preferences.clear("member", user)
    wish = Wish(user, moment)
    for earlier in await wishes(house):
        if earlier.user_id == user:
            wish.messages = earlier.messages
    await house.database.write(wish.keep)


def _erase(db: sqlite3.Connection, wish: Wish) -> Sequence[str]:
    """Forget some jobs with their pictures, and remember which messages are still to be deleted; the jobs' ids."""
    jobs = db.execute(_ENDED, (wish.user_id, wish.before)).fetchall()
    for job in jobs:
        _forget(db, job, wish)
    if jobs:
        wish.keep(db)
    return [job["id"] for job in jobs]


def _forget(db: sqlite3.Connection, job: sqlite3.Row, wish: Wish) -> None:
    # What only one person sees is reached by its interaction alone.
    is_hidden = job["by_token"] or (job["private"] and job["guild_id"] is not None)
    is_reached = job["message_id"] is not None and not is_hidden
    places = [(job["channel_id"], job["message_id"])] if is_reached else []
    places += [(copy["channel_id"], copy["message_id"]) for copy in db.execute(_COPIES, (job["id"],)).fetchall()]
    wish.messages += [place for place in places if place not in wish.messages]
    one: tuple[Any, ...] = (job["id"],)
    db.execute("UPDATE jobs SET source_id = NULL WHERE source_id IN (SELECT id FROM images WHERE job_id = ?)", one)
    db.execute("DELETE FROM images WHERE job_id = ?", one)
    db.execute("DELETE FROM jobs WHERE id = ?", one)


def _finish(db: sqlite3.Connection, wish: Wish, moment: float) -> bool:
    """Forget the rest, once no job is left; whether that is so. What today has cost stays, and bans do."""
    if db.execute("SELECT 1 FROM jobs WHERE user_id = ? AND created <= ?", (wish.user_id, wish.before)).fetchone():
        return False
    db.execute("DELETE FROM favourites WHERE user_id = ? AND since <= ?", (wish.user_id, wish.before))
    db.execute("DELETE FROM drafts WHERE user_id = ? AND created <= ?", (wish.user_id, wish.before))
    db.execute("DELETE FROM spending WHERE user_id = ? AND day < ?", (wish.user_id, day_of(moment)))
    db.execute("DELETE FROM settings WHERE name = ?", (f"{_WISH}{wish.user_id}",))
    record(db, Act(EVERYWHERE, wish.user_id, ACT), moment)
    return True
