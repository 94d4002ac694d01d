"""Who may ask for nothing, where, and until when. A ban ends by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from limner_bot.words import Mistake

from .audit import EVERYWHERE, Act, Audit

LONGEST_REASON: Final = 300
MOST_SECONDS: Final = 10 * 366 * 86400
_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART: Final = re.compile(r"([0-9]{1,6})\s*(min|[smhdw])")
_PUT: Final = (
    "INSERT INTO bans (guild_id, user_id, until, reason, by_id, since) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET until = excluded.until, reason = excluded.reason, by_id = excluded.by_id,"
    " since = excluded.since"
)
_DROP: Final = "DELETE FROM bans WHERE guild_id = ? AND user_id = ?"


@dataclass(frozen=True)
class Ban:
    """Somebody is banned from a server or `EVERYWHERE`; times are Unix seconds, `until` None is for ever."""

    guild_id: int
    user_id: int
    until: float | None
    reason: str
    by_id: int
    since: float

    def holds(self, moment: float) -> bool:
        """Whether it has not ended."""
        return self.until is None or moment < self.until


class Bans:
    """All bans, in memory and in the database."""

    def __init__(self, audit: Audit, now: Callable[[], float]) -> None:
        self._audit, self._now = audit, now
        self._bans: dict[tuple[int, int], Ban] = {}

    async def load(self) -> None:
        """Read those that have not ended."""
        sql = "SELECT guild_id, user_id, until, reason, by_id, since FROM bans WHERE until IS NULL OR until > ?"
        bans = (Ban(*row) for row in await self._audit.database.rows(sql, (self._now(),)))
        self._bans = {(ban.guild_id, ban.user_id): ban for ban in bans}

    def on(self, user_id: int, guild_id: int | None) -> Ban | None:
        """The ban that somebody is under, in a server or in direct messages (None)."""
        places = dict.fromkeys((EVERYWHERE, guild_id or EVERYWHERE))
        found = (self._bans.get((place, user_id)) for place in places)
        return next((ban for ban in found if ban and ban.holds(self._now())), None)

    def all(self, guild_id: int) -> list[Ban]:
        """Those of a server, or of `EVERYWHERE`, the newest first."""
        here = (ban for ban in self._bans.values() if ban.guild_id == guild_id and ban.holds(self._now()))
        return sorted(here, key=lambda ban: -ban.since)

    async def add(self, guild_id: int, user_id: int, seconds: float | None, reason: str, by_id: int) -> Ban:
        """Ban somebody for so many seconds, or for ever (None); it takes the place of an earlier ban."""
        now = self._now()
        until = None if seconds is None else now + seconds
        ban = Ban(guild_id, user_id, until, reason[:LONGEST_REASON], by_id, now)
        act = Act(guild_id, by_id, "act-banned", f"<@{user_id}>", _told(ban))
        values = (guild_id, user_id, ban.until, ban.reason, by_id, now)
        ended = ("DELETE FROM bans WHERE until <= ?", (now,))
        await self._audit.carry_out(act, ended, (_PUT, values))
        self._bans[guild_id, user_id] = ban
        return ban

    async def remove(self, guild_id: int, user_id: int, by_id: int) -> bool:
        """End a ban; whether there was one."""
        ban = self._bans.get((guild_id, user_id))
        if ban is None or not ban.holds(self._now()):
            return False
        await self._audit.carry_out(Act(guild_id, by_id, "act-unbanned", f"<@{user_id}>"), (_DROP, (guild_id, user_id)))
        self._bans.pop((guild_id, user_id), None)
        return True


def seconds_of(text: str) -> float | None:
    """How long ``3h``, ``7d`` or ``1d 12h`` is in seconds; None, which is for ever, if nothing is said.

    Raises `InvalidRequest`.
    """
    said = text.strip().casefold()
    if not said:
        return None
    if not re.fullmatch(rf"(?:{_PART.pattern}\s*)+", said):
        raise Mistake("until", text, "mistake-no-time")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(said))
    if not 0 < seconds <= MOST_SECONDS:
        raise Mistake("until", text, "mistake-time-outside")
    return float(seconds)


def _told(ban: Ban) -> str:
    ends = "" if ban.until is None else f"<t:{ban.until:.0f}:f>"
    return " ".join(part for part in (ends, ban.reason) if part)
