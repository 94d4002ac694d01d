"""Guilds: members, roles and channels that come and go, and the bot that is added and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from .clock import Snowflakes
from .constants import EVERYONE, Intent, Permission
from .errors import Json
from .people import Member, Role, User
from .places import Channel, ChannelType


class Emit(Protocol):
    """Sends a gateway event to every connection that asked for it."""

    def __call__(self, event: str, data: Json, intent: Intent) -> None: ...


@dataclass(eq=False, repr=False)
class Guild:
    """A server: members, roles, channels, and whether the bot was added to it."""

    id: str
    name: str
    owner: User
    bot: User
    ids: Snowflakes
    emit: Emit
    adopt: Callable[[Channel], None]
    installed: bool = True
    boost_tier: int = 0
    locale: str = "en-US"
    roles: list[Role] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    banned: set[str] = field(default_factory=set)
    overridden: dict[tuple[str, str], bool] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Guild {self.name}>"

    @property
    def everyone(self) -> Role:
        """The role that every member has; its id is the guild's."""
        return self.roles[0]

    def add_channel(self, name: str, *, nsfw: bool = False, bot_permissions: Permission = EVERYONE) -> Channel:
        """Open a text channel."""
        return self._opened(Channel(self.ids.next(), name, self.bot, self, None, nsfw, bot_permissions))

    def add_forum(self, name: str, *, nsfw: bool = False) -> Channel:
        """Open a forum; nobody writes into it, only into its posts, which `add_thread` makes."""
        return self._opened(Channel(self.ids.next(), name, self.bot, self, None, nsfw, type=ChannelType.FORUM))

    def add_thread(self, parent: Channel, name: str, *, owner: User | None = None) -> Channel:
        """Open a thread of a text channel, or a post of a forum."""
        thread = Channel(self.ids.next(), name, self.bot, self, None, False, parent.bot_permissions)
        thread.type, thread.parent, thread.owner = ChannelType.THREAD, parent, owner
        return self._opened(thread)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with everything in it, and with the threads that hang on it."""
        for child in [found for found in self.channels if found.parent is channel]:
            self.delete_channel(child)
        payload = channel.payload()
        channel.deleted = True
        self.channels.remove(channel)
        self._tell("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", payload)

    def add_role(self, name: str, permissions: Permission = Permission.NONE) -> Role:
        """Make a role."""
        role = Role(self.ids.next(), name, permissions)
        self.roles.append(role)
        self._tell("GUILD_ROLE_CREATE", {"guild_id": self.id, "role": role.payload()})
        return role

    def add_member(self, user: User, *roles: Role, permissions: Permission = Permission.NONE) -> Member:
        """Let a user join; `permissions` beyond everybody's come as a role of their own."""
        own = [self.add_role(f"{user.name}-permissions", permissions)] if permissions else []
        member = self.members[user.id] = Member(user, self.everyone, [*roles, *own])
        self._tell("GUILD_MEMBER_ADD", {"guild_id": self.id} | member.payload(), Intent.GUILD_MEMBERS)
        return member

    def set_roles(self, user: User, roles: Iterable[Role]) -> None:
        """Give a member these roles and no others; the next click carries them."""
        member = self.members[user.id]
        member.roles = list(roles)
        self._tell("GUILD_MEMBER_UPDATE", {"guild_id": self.id} | member.payload(), Intent.GUILD_MEMBERS)

    def remove_member(self, user: User, *, ban: bool = False) -> None:
        """Let a user leave, or ban them."""
        del self.members[user.id]
        data = {"guild_id": self.id, "user": user.payload()}
        if ban:
            self.banned.add(user.id)
            self._tell("GUILD_BAN_ADD", data, Intent.GUILD_MODERATION)
        self._tell("GUILD_MEMBER_REMOVE", data, Intent.GUILD_MEMBERS)

    def override_command(self, command: str, subject: User | Role, *, shown: bool) -> None:
        """Show or hide a command as an administrator does under Integrations, whatever its default says."""
        self.overridden[command, subject.id] = shown

    def shows(self, command: str, member: Member) -> bool | None:
        """What the administrators decided about a command for this member; None if nothing."""
        own = self.overridden.get((command, member.user.id))
        if own is not None:
            return own
        found = [self.overridden.get((command, role.id)) for role in (self.everyone, *member.roles)]
        decided = [shown for shown in found if shown is not None]
        return any(decided) if decided else None

    def remove_app(self) -> None:
        """Remove the bot: its channels and the tokens of what was asked here are gone."""
        self._tell("GUILD_DELETE", {"id": self.id})
        self.installed = False
        del self.members[self.bot.id]

    def install_app(self) -> None:
        """Add the bot."""
        self.installed = True
        self.members[self.bot.id] = Member(self.bot, self.everyone)
        self._tell("GUILD_CREATE", self.payload())

    def payload(self) -> Json:
        """Return the guild object of GUILD_CREATE."""
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "owner_id": self.owner.id,
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": self.boost_tier,
            "premium_progress_bar_enabled": False,
            "preferred_locale": self.locale,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "features": [],
            "emojis": [],
            "stickers": [],
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "roles": [role.payload() for role in self.roles],
            "channels": [channel.payload() for channel in self.channels if not channel.is_thread],
            "members": [self.members[self.bot.id].payload()],
            "threads": [channel.payload() for channel in self.channels if channel.is_thread],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
        }

    def _opened(self, channel: Channel) -> Channel:
        self.channels.append(channel)
        self.adopt(channel)
        self._tell("THREAD_CREATE" if channel.is_thread else "CHANNEL_CREATE", channel.payload())
        return channel

    def _tell(self, event: str, data: Json, intent: Intent = Intent.GUILDS) -> None:
        if self.installed:
            self.emit(event, data, intent)
