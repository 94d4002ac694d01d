"""All decisions of servers, channels and members, read once at the start, so that a check at a click asks no disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from limner_bot.queue.database import Database

from .audit import Audit
from .bans import Bans
from .limits_kept import LimitsKept
from .place import Interaction
from .preferences_kept import PreferencesKept
from .rates_kept import RatesKept
from .rules_kept import RulesKept


class Policies:
    """Each part reads from memory, and writes to the disk before its memory."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self.audit = Audit(database, now)
        self.preferences = PreferencesKept(self.audit)
        self.rules = RulesKept(self.audit)
        self.limits = LimitsKept(self.audit)
        self.bans = Bans(self.audit, now)
        self.rates = RatesKept(self.audit)

    async def load(self) -> None:
        """Read everything."""
        for part in (self.preferences, self.rules, self.limits, self.bans, self.rates):
            await part.load()

    def defaults(self, interaction: Interaction) -> dict[str, Any]:
        """What holds where a member says nothing, by the names of the options of /imagine."""
        return self.preferences.of(interaction).defaults
