"""People: accounts, roles, and members of guilds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .constants import UPLOAD_BYTES_BY_BOOST_TIER, Permission
from .errors import Json

if TYPE_CHECKING:
    from .places import Channel


@dataclass(eq=False, repr=False)
class User:
    """An account; the same for people and for bots."""

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


@dataclass(frozen=True)
class Overwrite:
    """What one role or member may do in a channel, against the rule of the guild."""

    subject: Role | User
    allow: Permission
    deny: Permission

    def payload(self) -> Json:
        """Return the overwrite object of the API."""
        kind = 0 if isinstance(self.subject, Role) else 1
        return {"id": self.subject.id, "type": kind, "allow": str(int(self.allow)), "deny": str(int(self.deny))}


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

    def permissions_in(self, channel: Channel) -> Permission:
        """What this member may do in a channel: overwrites for everybody, then for roles, then for the member."""
        granted = self.permissions
        if granted & Permission.ADMINISTRATOR:
            return Permission.ALL
        overwrites = (channel.parent or channel).overwrites
        for subjects in ([self.everyone], self.roles, [self.user]):
            granted = _overwritten(granted, overwrites, {subject.id for subject in subjects})
        return granted if granted & Permission.VIEW_CHANNEL else Permission.NONE

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


def _overwritten(granted: Permission, overwrites: Iterable[Overwrite], ids: set[str]) -> Permission:
    """Apply the overwrites of these subjects together: first what they deny, then what they allow."""
    allowed = denied = Permission.NONE
    for overwrite in overwrites:
        if overwrite.subject.id in ids:
            allowed |= overwrite.allow
            denied |= overwrite.deny
    return granted & ~denied | allowed
