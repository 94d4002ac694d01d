"""The registered application commands, global and per guild."""

from __future__ import annotations

from typing import Any

from . import errors
from .clock import Snowflakes
from .constants import CommandType
from .errors import Json
from .localised import called
from .rules_commands import check_commands, command_type

CREATES_PER_DAY = 200


class CommandBook:
    """All commands by where they are registered; None stands for everywhere."""

    def __init__(self, application_id: str, ids: Snowflakes) -> None:
        self.syncs = 0
        self.creates = 0
        self._application_id = application_id
        self._ids = ids
        self._by_guild: dict[str | None, list[Json]] = {}

    def listed(self, guild_id: str | None) -> list[Json]:
        """Return the commands registered for one guild, or globally."""
        return self._by_guild.get(guild_id, [])

    def replace(self, guild_id: str | None, commands: list[Json]) -> list[Json]:
        """Bulk overwrite; a command that keeps its name and type keeps its id."""
        errors.require(check_commands(commands))
        self.syncs += 1
        before = {self._key(command): command["id"] for command in self.listed(guild_id)}
        stored = [
            self._stored(command, guild_id, before.get(self._key(command))) for command in commands
        ]
        self._by_guild[guild_id] = stored
        return stored

    def create(self, guild_id: str | None, command: Json) -> Json:
        """Add one command, or overwrite its namesake."""
        self.creates += 1
        if self.creates > CREATES_PER_DAY:
            raise errors.DiscordError(400, 30034, "Max number of daily application command creates")
        others = [old for old in self.listed(guild_id) if self._key(old) != self._key(command)]
        syncs = self.syncs
        stored = self.replace(guild_id, [*others, command])[-1]
        self.syncs = syncs
        return stored

    def delete(self, guild_id: str | None, command_id: str) -> None:
        """Remove one command."""
        kept = [command for command in self.listed(guild_id) if command["id"] != command_id]
        if len(kept) == len(self.listed(guild_id)):
            raise errors.unknown("application command", 10063)
        self._by_guild[guild_id] = kept

    def find(
        self, kind: CommandType, name: str, guild_id: str | None, locale: str = "en-US"
    ) -> Json | None:
        """Return the command that a user in this guild gets by this name, in any language of theirs."""
        return called(self.offered(kind, guild_id), name, locale)

    def offered(self, kind: CommandType, guild_id: str | None) -> list[Json]:
        """Return the commands of one kind in this guild; those of the guild hide global namesakes."""
        found: dict[str, Json] = {}
        for scope in dict.fromkeys([guild_id, None]):
            for command in self.listed(scope):
                if command_type(command) == kind:
                    found.setdefault(command["name"], command)
        return list(found.values())

    def names(self, guild_id: str | None) -> list[str]:
        """Return the names of everything registered here."""
        scopes = dict.fromkeys([guild_id, None])
        return sorted({command["name"] for scope in scopes for command in self.listed(scope)})

    @staticmethod
    def _key(command: Json) -> tuple[CommandType, str]:
        return command_type(command), command["name"]

    def _stored(self, command: Json, guild_id: str | None, known_id: str | None) -> Json:
        command_id = known_id or self._ids.next()
        fixed: dict[str, Any] = {
            "id": command_id,
            "application_id": self._application_id,
            "type": int(command_type(command)),
            "description": command.get("description") or "",
            "options": command.get("options") or [],
            "version": command_id,
        }
        if (needed := command.get("default_member_permissions")) is not None:
            fixed["default_member_permissions"] = str(needed)
        defaults: Json = {"nsfw": False, "default_member_permissions": None}
        if guild_id is not None:
            fixed["guild_id"] = guild_id
        return defaults | command | fixed
