"""The state of Discord, which outlives the bot's process."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import errors
from .clock import Clock, Snowflakes
from .commands import CommandBook
from .constants import EVERYONE, Intent, InteractionType
from .errors import DiscordError, Json
from .files import Attachment, LinkSigner, Upload, stored_name
from .guilds import Guild
from .interactions import Interaction
from .messages import Message
from .people import Role, User
from .places import Channel, ChannelType
from .pulse import Pulse


@dataclass(frozen=True)
class Violation:
    """A rule that the bot broke, and where."""

    code: int
    where: str
    message: str


class World:
    """Everything that Discord remembers."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ids = Snowflakes(self.clock)
        self.signer = LinkSigner(self.clock)
        self.changes = Pulse()
        self.bot = User(self.ids.next(), "limner", bot=True)
        self.token = ""
        self.reset_token()
        self.commands = CommandBook(self.bot.id, self.ids)
        self.users: dict[str, User] = {self.bot.id: self.bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.interactions: dict[str, Interaction] = {}
        self.files: dict[str, Attachment] = {}
        self.nonces: dict[tuple[str, str], Message] = {}
        self.violations: list[Violation] = []
        self.refuse_new_media_on_edit = False
        self._direct: dict[str, Channel] = {}
        self._listeners: list[Callable[[str, Json, Intent], None]] = []
        self._watchers: list[Callable[[str, Message], None]] = []

    def reset_token(self) -> None:
        """Give the bot a new token; the old one is worth nothing from now on."""
        self.token = f"loopback.{self.bot.id}.{secrets.token_urlsafe(16)}"

    def listen(self, listener: Callable[[str, Json, Intent], None]) -> None:
        """Call `listener` with every gateway event from now on."""
        self._listeners.append(listener)

    def watch(self, watcher: Callable[[str, Message], None]) -> None:
        """Call `watcher` whenever a message is created, changed or deleted, private ones included."""
        self._watchers.append(watcher)

    def emit(self, event: str, data: Json, intent: Intent) -> None:
        """Send a gateway event to every session that has the intent, and wake all waiters."""
        for listener in self._listeners:
            listener(event, data, intent)
        self.changes.beat()

    def add_guild(
        self, name: str, *, installed: bool, boost_tier: int, locale: str = "en-US"
    ) -> Guild:
        """Found a server, owned by an account of its own."""
        owner = User(self.ids.next(), f"{name}-owner")
        guild_id = self.ids.next()
        guild = Guild(
            guild_id, name, owner, self.bot, self.ids, self.emit, self.adopt, False, boost_tier, locale
        )
        guild.roles.append(Role(guild_id, "@everyone", EVERYONE))
        guild.add_member(owner)
        self.users[owner.id] = owner
        self.guilds[guild_id] = guild
        if installed:
            guild.install_app()
        return guild

    def adopt(self, channel: Channel) -> None:
        """Make a channel known by its id."""
        self.channels[channel.id] = channel

    def direct_channel(self, user: User) -> Channel:
        """Return the conversation of this user with the bot; open it the first time."""
        if user.id not in self._direct:
            channel = Channel(
                self.ids.next(), user.name, self.bot, recipient=user, type=ChannelType.DIRECT
            )
            self._direct[user.id] = channel
            self.adopt(channel)
        return self._direct[user.id]

    def private_channel(self, people: tuple[User, ...]) -> Channel:
        """Open a conversation of two or more people, without the bot."""
        kind = ChannelType.DIRECT if len(people) == 2 else ChannelType.GROUP
        name = ", ".join(user.name for user in people)
        channel = Channel(self.ids.next(), name, self.bot, type=kind, people=people)
        self.adopt(channel)
        return channel

    def reaches(self, user: User) -> bool:
        """May the bot write to this user: do they share a server, or did the user install it?"""
        shared = (guild for guild in self.guilds.values() if guild.installed)
        return user.has_app or any(user.id in guild.members for guild in shared)

    def store(self, upload: Upload, folder: str) -> Attachment:
        """Keep a file where the CDN finds it."""
        attachment = Attachment(
            self.ids.next(),
            stored_name(upload.filename),
            upload.data,
            folder,
            self.signer,
            upload.content_type,
            upload.description,
        )
        self.files[attachment.path] = attachment
        return attachment

    def new_message(self, channel: Channel, author: User) -> Message:
        """Return a blank message, not yet in its channel."""
        return Message(self.ids.next(), channel, author, self.clock.now(), self.signer)

    def publish(self, message: Message) -> None:
        """Put a finished message into its channel and tell everybody who may see it."""
        message.channel.messages.append(message)
        message.record(self.clock.now())
        self._announce("MESSAGE_CREATE", message)

    def publish_edit(self, message: Message) -> None:
        """Record a new version of a message and tell everybody who may see it."""
        message.edited_at = self.clock.now()
        message.record(message.edited_at)
        self._announce("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Remove a message from its channel; the object remembers what it was."""
        message.deleted = True
        message.channel.messages.remove(message)
        self._announce("MESSAGE_DELETE", message)

    def new_interaction(
        self, kind: InteractionType, user: User, channel: Channel, data: Json
    ) -> Interaction:
        """Remember that a user did something; the caller tells the bot."""
        interaction = Interaction(
            id=self.ids.next(),
            token=secrets.token_urlsafe(48),
            type=kind,
            user=user,
            channel=channel,
            data=data,
            clock=self.clock,
            created_at=self.clock.now(),
            owners=dict(self._owners(user, channel)),
        )
        self.interactions[interaction.token] = interaction
        return interaction

    def break_rule(self, where: str, error: DiscordError) -> None:
        """Note that the bot broke a rule."""
        self.violations.append(Violation(error.code, where, str(error)))

    def channel(self, channel_id: str) -> Channel:
        """Return a channel that the bot can see, or raise what Discord answers."""
        channel = self.channels.get(channel_id)
        if channel is None or channel.deleted:
            raise errors.unknown("Channel", 10003)
        if not channel.bot_can_see:
            raise errors.missing_access()
        return channel

    def _owners(self, user: User, channel: Channel) -> Iterator[tuple[str, str]]:
        if channel.recipient is not None:
            yield "0", "0"
        elif channel.guild is not None and channel.guild.installed:
            yield "0", channel.guild.id
        if user.has_app:
            yield "1", user.id

    def _announce(self, event: str, message: Message) -> None:
        for watcher in self._watchers:
            watcher(event, message)
        if message.interaction is not None:
            message.interaction.changes.beat()
        if message.ephemeral or not message.channel.bot_can_see:
            self.changes.beat()
            return
        guild = message.channel.guild
        data: Json = {"id": message.id, "channel_id": message.channel.id}
        if event != "MESSAGE_DELETE":
            data = message.payload()
        if guild is not None:
            data["guild_id"] = guild.id
            if member := guild.members.get(message.author.id):
                data["member"] = member.payload(with_user=False)
        intent = Intent.GUILD_MESSAGES if guild else Intent.DIRECT_MESSAGES
        self.emit(event, data, intent)
