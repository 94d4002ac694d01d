"""Every role's limits, in memory and in the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from limner_bot.queue.limits import Limits, merged
from limner_sdk import InvalidRequest

from .audit import EVERYWHERE, Act, Audit
from .place import Place

log = logging.getLogger(__name__)

#: Everybody, whatever their roles.
EVERYBODY: Final = 0
_PUT: Final = (
    "INSERT INTO limits (guild_id, role_id, limits) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET limits = excluded.limits"
)
_DROP: Final = "DELETE FROM limits WHERE guild_id = ? AND role_id = ?"


class LimitsKept:
    """Reading takes no time; a change is on the disk before anybody sees it."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._limits: dict[int, dict[int, Limits]] = {}
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Read all of them. What this version does not understand limits nothing."""
        self._limits = {}
        for row in await self._audit.database.rows("SELECT * FROM limits"):
            try:
                self._limits.setdefault(row["guild_id"], {})[row["role_id"]] = Limits.parse(row["limits"])
            except InvalidRequest as error:
                log.error("limits of role %d are left aside: %s", row["role_id"], error)

    def all(self, guild_id: int) -> Mapping[int, Limits]:
        """Those of a server by role, `EVERYBODY` among them."""
        return dict(sorted(self._limits.get(guild_id, {}).items()))

    def at(self, place: Place) -> Limits:
        """What somebody may do in a server: the most generous of their roles, and of everybody's."""
        here = self._limits.get(place.guild_id, {}) if place.guild_id is not None else {}
        return merged(here[role] for role in (EVERYBODY, *sorted(place.roles)) if role in here)

    @property
    def everywhere(self) -> Limits:
        """What nobody may go beyond, in all servers together and in direct messages."""
        return self._limits.get(EVERYWHERE, {}).get(EVERYBODY, Limits())

    async def change(self, guild_id: int, role_id: int, changes: Mapping[str, Any], act: Act) -> Limits:
        """Change what a role allows; None takes back what was said. What it allows then. Raises `InvalidRequest`."""
        async with self._lock:
            said = self._limits.get(guild_id, {}).get(role_id, Limits()).model_dump(exclude_none=True)
            kept = {name: value for name, value in {**said, **changes}.items() if value is not None}
            new = Limits.of(kept)
            step = (_PUT, (guild_id, role_id, new.model_dump_json(exclude_none=True)))
            await self._audit.carry_out(act, step if kept else (_DROP, (guild_id, role_id)))
            self._put(guild_id, role_id, new if kept else None)
            return new

    async def clear(self, guild_id: int, role_id: int, act: Act) -> bool:
        """Forget what a role allows; whether there was anything."""
        async with self._lock:
            if role_id not in self._limits.get(guild_id, {}):
                return False
            await self._audit.carry_out(act, (_DROP, (guild_id, role_id)))
            self._put(guild_id, role_id, None)
            return True

    def _put(self, guild_id: int, role_id: int, limits: Limits | None) -> None:
        here = self._limits.setdefault(guild_id, {})
        here.pop(role_id, None)
        if limits is not None:
            here[role_id] = limits
