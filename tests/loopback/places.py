"""People and places: users, roles, members, channels, guilds, and the JSON of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .clock import Snowflakes
from .constants import (
    EVERYONE,
    UPLOAD_BYTES_BY_BOOST_TIER,
    Intent,
    Permission,
)
from .errors import Json

if TYPE_CHECKING:
    from .messages import Message

TEXT, DIRECT = 0, 1


class Emit(Protocol):
    """Sends a gateway event to every connection that asked for it."""

    def __call__(self, event: str, data: Json, intent: Intent) -> None: ...


@dataclass(eq=False, repr=False)
class User:
    """An account; the same for people and for the bot."""

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    upload_limit: int = UPLOAD_BYTES_BY_BOOST_TIER[0]
    accepts_direct_messages: bool = True
    has_app: bool = False  # installed the bot for this account

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def mention(self) -> str:
        """The text that mentions this user."""
        return f"<@{self.id}>"

    def payload(self) -> Json:
        """Return the user object of the API."""
        return {
            "id": self.id,
            "username": self.name,
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False, repr=False)
class Role:
    """A guild role."""

    id: str
    name: str
    permissions: Permission

    def __repr__(self) -> str:
        return f"<Role {self.name}>"

    def payload(self) -> Json:
        """Return the role object of the API."""
        return {
            "id": self.id,
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": 0 if self.name == "@everyone" else 1,
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False, repr=False)
class Member:
    """A user in a guild."""

    user: User
    everyone: Role
    roles: list[Role] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Member {self.user.name}>"

    @property
    def permissions(self) -> Permission:
        """The union of all roles; administrators may do everything."""
        granted = self.everyone.permissions
        for role in self.roles:
            granted |= role.permissions
        return Permission.ALL if granted & Permission.ADMINISTRATOR else granted

    def payload(self, *, with_user: bool = True) -> Json:
        """Return the member object of the API."""
        payload: Json = {
            "roles": [role.id for role in self.roles],
            "nick": None,
            "avatar": None,
            "joined_at": "2026-01-01T00:00:00+00:00",
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
        return payload | {"user": self.user.payload()} if with_user else payload


@dataclass(eq=False, repr=False)
class Channel:
    """A text channel of a guild, or a direct conversation of one user with the bot."""

    id: str
    name: str
    bot: User
    guild: Guild | None = None
    recipient: User | None = None
    nsfw: bool = False
    bot_permissions: Permission = EVERYONE
    messages: list[Message] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Channel {self.name}>"

    @property
    def bot_can_see(self) -> bool:
        """Does the bot reach this channel by its own token?"""
        if self.guild is None:
            return self.recipient is not None
        return self.guild.installed and bool(self.bot_permissions & Permission.VIEW_CHANNEL)

    @property
    def upload_limit(self) -> int:
        """Bytes per file for the bot."""
        return UPLOAD_BYTES_BY_BOOST_TIER[self.guild.boost_tier if self.guild else 0]

    def payload(self) -> Json:
        """Return the channel object of the API."""
        base: Json = {"id": self.id, "last_message_id": None, "flags": 0}
        if self.guild is None:
            recipients = [self.recipient.payload()] if self.recipient else []
            return base | {"type": DIRECT, "recipients": recipients}
        return base | {
            "type": TEXT,
            "guild_id": self.guild.id,
            "name": self.name,
            "topic": None,
            "position": 0,
            "nsfw": self.nsfw,
            "rate_limit_per_user": 0,
            "parent_id": None,
            "permission_overwrites": [self._bot_overwrite()],
        }

    def _bot_overwrite(self) -> Json:
        allowed = int(self.bot_permissions)
        denied = int(Permission.ALL) & ~allowed
        return {"id": self.bot.id, "type": 1, "allow": str(allowed), "deny": str(denied)}


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

    def __repr__(self) -> str:
        return f"<Guild {self.name}>"

    @property
    def everyone(self) -> Role:
        """The role that every member has; its id is the guild's."""
        return self.roles[0]

    def add_channel(
        self, name: str, *, nsfw: bool = False, bot_permissions: Permission = EVERYONE
    ) -> Channel:
        """Open a text channel."""
        channel = Channel(self.ids.next(), name, self.bot, self, None, nsfw, bot_permissions)
        self.channels.append(channel)
        self.adopt(channel)
        if self.installed:
            self.emit("CHANNEL_CREATE", channel.payload(), Intent.GUILDS)
        return channel

    def add_role(self, name: str, permissions: Permission = Permission.NONE) -> Role:
        """Make a role."""
        role = Role(self.ids.next(), name, permissions)
        self.roles.append(role)
        if self.installed:
            data = {"guild_id": self.id, "role": role.payload()}
            self.emit("GUILD_ROLE_CREATE", data, Intent.GUILDS)
        return role

    def add_member(
        self, user: User, *roles: Role, permissions: Permission = Permission.NONE
    ) -> Member:
        """Let a user join; `permissions` beyond everybody's come as a role of their own."""
        own = [self.add_role(f"{user.name}-permissions", permissions)] if permissions else []
        member = Member(user, self.everyone, [*roles, *own])
        self.members[user.id] = member
        return member

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
            "channels": [channel.payload() for channel in self.channels],
            "members": [self.members[self.bot.id].payload()],
            "threads": [],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
        }
