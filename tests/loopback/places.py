"""Places: text channels, forums, threads, and direct and private conversations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from .clock import iso
from .constants import EVERYONE, UPLOAD_BYTES_BY_BOOST_TIER, Permission
from .errors import Json
from .people import Overwrite, Role, User

if TYPE_CHECKING:
    from .guilds import Guild
    from .messages import Message

AUTO_ARCHIVE_MINUTES = 1440


class ChannelType(IntEnum):
    """Types of channels."""

    TEXT = 0
    DIRECT = 1
    GROUP = 3
    THREAD = 11
    FORUM = 15


@dataclass(eq=False, repr=False)
class Channel:
    """A place for messages. `recipient` talks with the bot here; `people` talk here without it."""

    id: str
    name: str
    bot: User
    guild: Guild | None = None
    recipient: User | None = None
    nsfw: bool = False
    bot_permissions: Permission = EVERYONE
    messages: list[Message] = field(default_factory=list)
    type: ChannelType = ChannelType.TEXT
    parent: Channel | None = None  # of a thread: the channel or forum that it hangs on
    owner: User | None = None
    people: tuple[User, ...] = ()
    overwrites: list[Overwrite] = field(default_factory=list)
    archived: bool = False
    locked: bool = False
    deleted: bool = False

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

    @property
    def is_thread(self) -> bool:
        """Is it a thread, or a post of a forum?"""
        return self.type == ChannelType.THREAD

    @property
    def age_restricted(self) -> bool:
        """Is it, or the channel that it hangs on, only for adults?"""
        return self.nsfw or (self.parent is not None and self.parent.nsfw)

    @property
    def send_permission(self) -> Permission:
        """The permission that writing here needs."""
        return Permission.SEND_MESSAGES_IN_THREADS if self.is_thread else Permission.SEND_MESSAGES

    def open_to(self, user: User, needed: Permission = Permission.VIEW_CHANNEL) -> bool:
        """Is this user here, and with this permission?"""
        if self.deleted:
            return False
        if self.guild is None:
            return user.id in {person.id for person in (self.bot, self.recipient, *self.people) if person}
        member = self.guild.members.get(user.id)
        return member is not None and not needed & ~member.permissions_in(self)

    def permit(
        self, subject: Role | User, allow: Permission = Permission.NONE, deny: Permission = Permission.NONE
    ) -> None:
        """Overwrite what a role or member may do here; once more replaces it. The bot has `bot_permissions`."""
        kept = [overwrite for overwrite in self.overwrites if overwrite.subject.id != subject.id]
        self.overwrites = [*kept, Overwrite(subject, allow, deny)]

    def payload(self) -> Json:
        """Return the channel object of the API."""
        last = self.messages[-1].id if self.messages else None
        base: Json = {"id": self.id, "type": int(self.type), "last_message_id": last, "flags": 0}
        if self.guild is None:
            return base | self._private()
        base |= {"guild_id": self.guild.id, "name": self.name, "rate_limit_per_user": 0}
        return base | (self._thread() if self.is_thread else self._public())

    def _private(self) -> Json:
        present = [self.recipient] if self.recipient else self.people
        found: Json = {"recipients": [user.payload() for user in present]}
        if self.type == ChannelType.GROUP:
            found |= {"name": self.name, "icon": None, "owner_id": self.people[0].id}
        return found

    def _public(self) -> Json:
        denied = int(Permission.ALL & ~self.bot_permissions)
        own = {"id": self.bot.id, "type": 1, "allow": str(int(self.bot_permissions)), "deny": str(denied)}
        others = [overwrite.payload() for overwrite in self.overwrites]
        found: Json = {"topic": None, "position": 0, "nsfw": self.nsfw, "parent_id": None}
        return found | {"permission_overwrites": [own, *others]} | self._forum()

    def _forum(self) -> Json:
        if self.type != ChannelType.FORUM:
            return {}
        return {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}

    def _thread(self) -> Json:
        """A thread says nothing about age; whoever wants to know looks at its parent."""
        assert self.parent is not None
        owner = self.owner or self.bot
        state: Json = {"archived": self.archived, "locked": self.locked}
        state |= {"auto_archive_duration": AUTO_ARCHIVE_MINUTES, "archive_timestamp": iso(0)}
        found: Json = {"parent_id": self.parent.id, "owner_id": owner.id, "thread_metadata": state}
        return found | {"message_count": len(self.messages), "member_count": 1}
