"""Which commands the client shows: registered, allowed here, allowed for this member."""

from __future__ import annotations

from collections.abc import Iterator

from .constants import CommandType, Permission
from .errors import Json, UserCannot
from .payloads import BOT_DM_CONTEXT, context
from .places import Channel, User
from .world import World

GUILD_INSTALL, USER_INSTALL = 0, 1


def check_command_shown(
    world: World, user: User, channel: Channel, kind: CommandType, name: str
) -> Json:
    """Return the command that this user gets by this name here, or raise why there is none."""
    guild_id = channel.guild.id if channel.guild else None
    command = world.commands.find(kind, name, guild_id)
    if command is None:
        names = ", ".join(world.commands.names(guild_id)) or "none"
        raise UserCannot(f"there is no command {name!r}; the commands are: {names}")
    for reason in _reasons_to_hide(command, user, channel):
        raise UserCannot(f"{name!r} is not shown to {user.name} in {channel.name!r}: {reason}")
    return command


def _reasons_to_hide(command: Json, user: User, channel: Channel) -> Iterator[str]:
    if not set(_integrations(user, channel)) & set(command.get("integration_types") or [0]):
        yield "the bot is not installed here in a way that offers it"
    contexts = command.get("contexts")
    if contexts is not None and context(channel) not in contexts:
        yield "it is not offered in this kind of channel"
    if command.get("dm_permission") is False and channel.guild is None:
        yield "it is not offered in direct messages"
    if command.get("nsfw") and not channel.nsfw:
        yield "the channel is not age-restricted"
    if channel.guild is not None:
        yield from _missing_rights(command, user, channel)


def _missing_rights(command: Json, user: User, channel: Channel) -> Iterator[str]:
    member = channel.guild.members.get(user.id) if channel.guild else None
    if member is None:
        yield "they are no member"
        return
    if not member.permissions & Permission.USE_APPLICATION_COMMANDS:
        yield "they may not use application commands"
    needed = command.get("default_member_permissions")
    if needed is not None and member.permissions != Permission.ALL:
        if not int(needed) or int(needed) & ~member.permissions:
            yield f"it needs the permissions {Permission(int(needed))!r}"


def _integrations(user: User, channel: Channel) -> Iterator[int]:
    if context(channel) == BOT_DM_CONTEXT or (channel.guild and channel.guild.installed):
        yield GUILD_INSTALL
    if user.has_app:
        yield USER_INSTALL
