"""Every server's rules, in memory and in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from .audit import EVERYWHERE, Act, Audit
from .rules import Rules, together

_PUT: Final = "INSERT INTO rules (guild_id, rules) VALUES (?, ?) ON CONFLICT DO UPDATE SET rules = excluded.rules"


class RulesKept:
    """Reading takes no time; a change is on the disk before anybody sees it."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._own: dict[int, Rules] = {}
        self._holding: dict[int, Rules] = {}
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Read all of them."""
        rows = await self._audit.database.rows("SELECT * FROM rules")
        self._own = {row["guild_id"]: Rules.parse(row["rules"]) for row in rows}
        self._holding.clear()

    def own(self, guild_id: int) -> Rules:
        """What a server says itself, or what is said for `EVERYWHERE`."""
        return self._own.get(guild_id, Rules())

    def holding(self, guild_id: int | None) -> Rules:
        """What holds in a server, and in direct messages (None)."""
        everywhere = self.own(EVERYWHERE)
        if guild_id is None or guild_id not in self._own:
            return everywhere
        if guild_id not in self._holding:
            self._holding[guild_id] = together(everywhere, self._own[guild_id])
        return self._holding[guild_id]

    async def change(self, guild_id: int, change: Callable[[Rules], Rules], act: Act) -> Rules:
        """Change a server's rules; what they are then. Raises what `change` raises."""
        async with self._lock:
            new = change(self.own(guild_id))
            await self._audit.carry_out(act, (_PUT, (guild_id, new.model_dump_json())))
            self._own[guild_id] = new
            self._holding.clear()
            return new
