"""Plugins that fail: counted, put into quarantine when they fail too often, switched off and on by operators."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from limner_bot.policy.audit import EVERYWHERE, NOBODY, Audit
from limner_sdk import Catalogue, ConfigurationError, LimnerError, plugin_states
from limner_sdk.catalogue import PluginEntry
from limner_sdk.folders import DataFolder
from limner_sdk.messages import Result
from limner_sdk.plugin_states import PluginState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """A plugin: what the host says of it, and what is kept about it. `entry` is None for one that is not there."""

    name: str
    entry: PluginEntry | None
    kept: PluginState | None

    @property
    def state(self) -> str:
        """What holds once the host has started anew: ``ok``, ``broken``, ``disabled``, ``quarantined`` or ``gone``."""
        if self.kept is not None and self.kept.left_out:
            return self.kept.state
        if self.entry is None:
            return "gone"
        # A host that has not started anew yet has it left out still.
        return "broken" if self.entry.status == "broken" else "ok"

    @property
    def failures(self) -> int:
        """How often it has failed in a row."""
        return self.kept.failures if self.kept else 0

    @property
    def reason(self) -> str:
        """Why it is in this state."""
        if self.kept is not None and self.kept.reason:
            return self.kept.reason
        lines = (self.entry.error if self.entry and self.state == "broken" else "").strip().splitlines()
        return lines[-1] if lines else ""


@dataclass(frozen=True)
class PluginCare:
    """Reads and writes the file that says which plugins are left out, which holds from the host's next start on.

    Nothing here blocks the event loop. `ConfigurationError` (a damaged file) and `OSError` come from all that writes
    because somebody asked; what is counted beside a job is logged instead.
    """

    data: DataFolder
    catalogue: Callable[[], Catalogue]
    audit: Audit | None = None

    async def all(self) -> list[Known]:
        """All plugins that are there or were switched off, by name. Raises `ConfigurationError`."""
        states = await asyncio.to_thread(plugin_states.read_states, self.data)
        entries = {entry.name: entry for entry in self.catalogue().plugins}
        return [Known(name, entries.get(name), states.get(name)) for name in sorted({*entries, *states})]

    async def troubled(self) -> list[Known]:
        """Those that do not work, for people who have not asked for them."""
        try:
            return [plugin for plugin in await self.all() if plugin.state in ("broken", "quarantined")]
        except (ConfigurationError, OSError) as error:
            log.error("nobody knows which plugins are left out: %s", error)
            return []

    async def enable(self, name: str) -> bool:
        """Let one in again that was disabled or in quarantine; False if it was neither."""
        return await asyncio.to_thread(plugin_states.enable, self.data, name)

    async def release(self, name: str) -> bool:
        """Let one in again that was in quarantine; False if it was not."""
        return await asyncio.to_thread(plugin_states.release, self.data, name)

    async def disable(self, name: str, reason: str) -> None:
        """Leave one out. Raises `UnknownName`, or `InvalidRequest` for one that no picture can do without."""
        await asyncio.to_thread(plugin_states.disable, self.data, name, self.catalogue(), reason)

    async def failed(self, name: str, sentence: str) -> bool:
        """Count the failure of a job that a plugin is to blame for; whether that has put it into quarantine."""
        try:
            is_out = await asyncio.to_thread(plugin_states.note_failure, self.data, name, sentence, self.catalogue())
        except (ConfigurationError, OSError) as error:
            log.error("the failure of plugin %s is not counted: %s", name, error)
            return False
        if is_out:
            await self._note(name, sentence)
        return is_out

    async def _note(self, name: str, sentence: str) -> None:
        try:
            if self.audit is not None:
                await self.audit.note(EVERYWHERE, NOBODY, "act-plugin-quarantined", name, sentence)
        except (sqlite3.Error, LimnerError) as error:
            log.error("that plugin %s is in quarantine is not in the book: %s", name, error)

    async def worked(self, result: Result) -> None:
        """Forget the failures of those that had a part in these pictures."""
        names = frozenset[str]().union(*(plugin_states.plugins_of(picture.recipe) for picture in result.pictures))
        try:
            await asyncio.to_thread(plugin_states.note_success, self.data, names)
        except (ConfigurationError, OSError) as error:
            log.error("earlier failures of plugins are not forgotten: %s", error)
