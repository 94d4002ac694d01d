"""Which commands the client shows: registered, allowed here, allowed for this member."""

from __future__ import annotations

from collections.abc import Iterator

from .constants import CommandType, Permission
from .errors import Json, UserCannot
from .payloads import BOT_DM_CONTEXT, context
from .people import User
from .places import Channel
from .world import World

GUILD_INSTALL, USER_INSTALL = 0, 1


def check_command_shown(
    world: World, user: User, channel: Channel, kind: CommandType, name: str
) -> Json:
    """Return the command that this user gets by this name here, or raise why there is none."""
    guild_id = channel.guild.id if channel.guild else None
    command = world.commands.find(kind, name, guild_id, user.locale)
    if command is None:
        names = ", ".join(world.commands.names(guild_id)) or "none"
        raise UserCannot(f"there is no command {name!r}; the commands are: {names}")
    for reason in _reasons_to_hide(command, user, channel):
        raise UserCannot(f"{name!r} is not shown to {user.name} in {channel.name!r}: {reason}")
    return command


def shown_commands(world: World, user: User, channel: Channel, kind: CommandType) -> list[Json]:
    """Return the commands that the client offers this user here."""
    found = world.commands.offered(kind, channel.guild.id if channel.guild else None)
    return [command for command in found if not any(_reasons_to_hide(command, user, channel))]


def _reasons_to_hide(command: Json, user: User, channel: Channel) -> Iterator[str]:
    if not set(_integrations(user, channel)) & set(command.get("integration_types") or [0]):
        yield "the bot is not installed here in a way that offers it"
    contexts = command.get("contexts")
    if contexts is not None and context(channel) not in contexts:
        yield "it is not offered in this kind of channel"
    if command.get("dm_permission") is False and channel.guild is None:
        yield "it is not offered in direct messages"
    if command.get("nsfw") and not channel.age_restricted:
        yield "the channel is not age-restricted"
    if channel.guild is not None:
        yield from _missing_rights(command, user, channel)
    if not channel.open_to(user):
        yield "they are not in this channel"


def _missing_rights(command: Json, user: User, channel: Channel) -> Iterator[str]:
    member = channel.guild.members.get(user.id) if channel.guild else None
    if member is None:
        yield "they are no member"
        return
    granted = member.permissions_in(channel)
    if not granted & Permission.USE_APPLICATION_COMMANDS:
        yield "they may not use application commands"
    needed = command.get("default_member_permissions")
    decided = channel.guild.shows(command["name"], member) if channel.guild else None
    if granted == Permission.ALL or decided:
        return
    if decided is False:
        yield "the administrators hide it from them"
    elif needed is not None and (not int(needed) or int(needed) & ~granted):
        yield f"it needs the permissions {Permission(int(needed))!r}"


def _integrations(user: User, channel: Channel) -> Iterator[int]:
    if context(channel) == BOT_DM_CONTEXT or (channel.guild and channel.guild.installed):
        yield GUILD_INSTALL
    if user.has_app:
        yield USER_INSTALL
