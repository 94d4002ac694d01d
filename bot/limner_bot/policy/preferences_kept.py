"""Everybody's defaults, in memory and in the database."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from limner_sdk import InvalidRequest

from .audit import Act, Audit, Step
from .place import Interaction, Place
from .preferences import SCOPES, Preferences, Scope, merged

log = logging.getLogger(__name__)

#: The bot's own layer has this id.
BOT: Final = 0
_PUT: Final = (
    "INSERT INTO preferences (scope, scope_id, name, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET value = excluded.value"
)
_DROP: Final = "DELETE FROM preferences WHERE scope = ? AND scope_id = ? AND name = ?"


class PreferencesKept:
    """Reading takes no time; a change is on the disk before anybody sees it."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._layers: dict[tuple[Scope, int], Preferences] = {}
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Read all of them. What this version does not understand is left out."""
        found: defaultdict[tuple[Scope, int], dict[str, Any]] = defaultdict(dict)
        for row in await self._audit.database.rows("SELECT * FROM preferences WHERE json_valid(value)"):
            found[row["scope"], row["scope_id"]][row["name"]] = json.loads(row["value"])
        self._layers = {key: _understood(values) for key, values in found.items()}

    def layer(self, scope: Scope, scope_id: int) -> Preferences:
        """What one layer says."""
        return self._layers.get((scope, scope_id), Preferences())

    def layers(self, place: Place) -> dict[Scope, Preferences]:
        """The layers that hold at a place, nearest first; a thread's come before its channel's."""
        channel = merged(self.layer("channel", each) for each in place.channels)
        server = self.layer("server", place.guild_id) if place.guild_id is not None else Preferences()
        each = (self.layer("member", place.user_id), channel, server, self.layer("bot", BOT))
        return dict(zip(SCOPES, each, strict=True))

    def at(self, place: Place) -> Preferences:
        """All layers that hold at a place, together."""
        return merged(self.layers(place).values())

    def of(self, interaction: Interaction) -> Preferences:
        """All layers that hold for an interaction, together."""
        return self.at(Place.of(interaction))

    def language(self, interaction: Interaction, personal: bool) -> str | None:
        """The language that was chosen by the person of an interaction, or only for its place."""
        layers = self.layers(Place.of(interaction))
        return merged(layers[scope] for scope in SCOPES if personal or scope != "member").language

    async def change(
        self, scope: Scope, scope_id: int, changes: Mapping[str, Any], act: Act | None = None
    ) -> Preferences:
        """Say something in a layer; None takes back what was said. The layer as it is then. Raises `InvalidRequest`."""
        async with self._lock:
            said = {**self.layer(scope, scope_id).said, **changes}
            new = Preferences.parse({name: value for name, value in said.items() if value is not None})
            await self._audit.carry_out(act, *(_step(scope, scope_id, name, new) for name in changes))
            self._layers[scope, scope_id] = new
            return new

    async def clear(self, scope: Scope, scope_id: int, act: Act | None = None) -> None:
        """Forget a layer."""
        async with self._lock:
            sql = "DELETE FROM preferences WHERE scope = ? AND scope_id = ?"
            await self._audit.carry_out(act, (sql, (scope, scope_id)))
            self._layers.pop((scope, scope_id), None)


def _step(scope: Scope, scope_id: int, name: str, new: Preferences) -> Step:
    value = new.said.get(name)
    if value is None:
        return _DROP, (scope, scope_id, name)
    return _PUT, (scope, scope_id, name, json.dumps(value))


def _understood(values: Mapping[str, Any]) -> Preferences:
    """What another version has written is read value by value."""
    said: dict[str, Any] = {}
    for name, value in values.items():
        try:
            said |= Preferences.parse({name: value}).said
        except InvalidRequest as error:
            log.warning("a preference is left out: %s", error)
    return Preferences(**said)
