"""Routes of application commands, global and per guild, and of the gateway's address."""

from __future__ import annotations

from . import errors
from .calls import Call, Reply, Route


def routes() -> list[Route]:
    """Return the routes of this room."""
    found = []
    for scope in ("", "/guilds/{guild_id}"):
        every = f"/applications/{{application_id}}{scope}/commands"
        found += [
            Route("GET", every, list_commands),
            Route("PUT", every, overwrite_commands, has_body=True),
            Route("POST", every, create_command, has_body=True),
            Route("DELETE", every + "/{command_id}", delete_command),
        ]
    return found


def list_commands(call: Call) -> Reply:
    """GET .../commands"""
    return Reply(body=call.world.commands.listed(_scope(call)))


def overwrite_commands(call: Call) -> Reply:
    """PUT .../commands, the whole set at once"""
    return Reply(body=call.world.commands.replace(_scope(call), call.body or []))


def create_command(call: Call) -> Reply:
    """POST .../commands"""
    return Reply(201, call.world.commands.create(_scope(call), call.form))


def delete_command(call: Call) -> Reply:
    """DELETE .../commands/{command}"""
    call.world.commands.delete(_scope(call), call.params["command_id"])
    return Reply(204)


def _scope(call: Call) -> str | None:
    if call.params["application_id"] != call.world.bot.id:
        raise errors.unknown("Application", 10002)
    guild_id = call.params.get("guild_id")
    if guild_id is not None and guild_id not in call.world.guilds:
        raise errors.missing_access()
    return guild_id
