"""Messages as Discord stores them, with every version they went through."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import components as reading
from .clock import iso
from .components import Button
from .constants import MessageFlag
from .errors import Json
from .files import Attachment, LinkSigner
from .people import User
from .places import Channel

if TYPE_CHECKING:
    from .interactions import Interaction

ATTACHMENT_SCHEME = "attachment://"


@dataclass(frozen=True)
class Version:
    """One state of a message: what a reader saw from `at` on (virtual seconds since 1970)."""

    at: float
    content: str
    embeds: tuple[Json, ...]
    components: tuple[Json, ...]
    files: tuple[Attachment, ...]
    flags: MessageFlag


@dataclass(eq=False, repr=False)
class Message:
    """A message; the object stays the same while its content changes."""

    id: str
    channel: Channel
    author: User
    created_at: float
    signer: LinkSigner
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = MessageFlag.NONE
    nonce: str | int | None = None
    reply_to: str | None = None
    interaction: Interaction | None = None
    allowed_mentions: Json | None = None
    edited_at: float | None = None
    deleted: bool = False
    history: list[Version] = field(default_factory=list)

    def __repr__(self) -> str:
        names = [file.filename for file in self.files]
        labels = [button.label or button.emoji for button in self.buttons()]
        return f"<Message {self.id} by {self.author.name}: {self.text!r} {names} {labels}>"

    @property
    def ephemeral(self) -> bool:
        """Is it visible to one user only?"""
        return bool(self.flags & MessageFlag.EPHEMERAL)

    @property
    def thinking(self) -> bool:
        """Does it still show "is thinking..."?"""
        return bool(self.flags & MessageFlag.LOADING)

    @property
    def attachments(self) -> list[Attachment]:
        """The files that Discord lists: not those shown by an embed or a component."""
        shown = set(references([self.embeds, self.components]))
        return [file for file in self.files if file.filename not in shown]

    @property
    def text(self) -> str:
        """Everything there is to read: content, embeds and text displays."""
        embedded = [str(text) for embed in self.embeds for text in _embed_texts(embed) if text]
        return "\n".join(filter(None, [self.content, *embedded, *reading.texts(self.components)]))

    @property
    def pinged(self) -> set[str]:
        """Ids of the users whom the text mentions and `allowed_mentions` lets ring; embeds never ring."""
        mentioned = self._mentioned()
        if self.allowed_mentions is None or "users" in self.allowed_mentions.get("parse", ()):
            return mentioned
        return mentioned & set(map(str, self.allowed_mentions.get("users") or ()))

    def _mentioned(self) -> set[str]:
        written = [self.content, *reading.texts(self.components)]
        return set(re.findall(r"<@!?(\d+)>", "\n".join(written)))

    def buttons(self) -> list[Button]:
        """All buttons, wherever they are nested."""
        return reading.buttons(self.components)

    def visible_to(self, user: User) -> bool:
        """Can this user see it?"""
        mine = self.interaction is not None and self.interaction.user.id == user.id
        return not self.deleted and (not self.ephemeral or mine)

    def record(self, at: float) -> None:
        """Add the present state to the history."""
        frozen = copy.deepcopy((self.embeds, self.components))
        embeds, components = tuple(frozen[0]), tuple(frozen[1])
        version = Version(at, self.content, embeds, components, tuple(self.files), self.flags)
        self.history.append(version)

    def payload(self) -> Json:
        """Return the message object of the API."""
        payload: Json = {
            "id": self.id,
            "type": self._type(),
            "channel_id": self.channel.id,
            "author": self.author.payload(),
            "content": self.content,
            "attachments": [attachment.payload() for attachment in self.attachments],
            "embeds": self._resolved(self.embeds),
            "components": self._resolved(self.components),
            "flags": int(self.flags),
            "timestamp": iso(self.created_at),
            "edited_timestamp": iso(self.edited_at) if self.edited_at else None,
            "mentions": self._mentions(),
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
        }
        return payload | dict(self._extras())

    def _mentions(self) -> list[Json]:
        mentioned = self._mentioned()
        return [user.payload() for user in self._present() if user.id in mentioned] if mentioned else []

    def _present(self) -> list[User]:
        """The people of this channel, whom a mention can name."""
        if self.channel.guild is not None:
            return [member.user for member in self.channel.guild.members.values()]
        return [user for user in (self.channel.recipient, *self.channel.people) if user]

    def _type(self) -> int:
        if self.interaction is not None and self is self.interaction.original:
            return 23 if self.interaction.is_context_menu else 20
        return 19 if self.reply_to else 0

    def _extras(self) -> Iterator[tuple[str, Any]]:
        if self.nonce is not None:
            yield "nonce", self.nonce
        if self.author.bot:
            yield "application_id", self.author.id
        if self.reply_to is not None:
            yield "message_reference", {"message_id": self.reply_to, "channel_id": self.channel.id}
        if self.interaction is not None:
            yield "webhook_id", self.author.id
            yield "interaction_metadata", self.interaction.metadata()

    def _resolved(self, value: Any) -> Any:
        """Replace attachment:// references by links, as the API does in its answers."""
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if isinstance(value, dict) and not reading.is_button(value):
            resolved = {key: self._resolved(item) for key, item in value.items()}
            return self._media(str(value.get("url", ""))) | resolved
        if not isinstance(value, str):
            return value
        if found := self._referenced(value):
            return found.url
        own_host = value.startswith(f"{self.signer.base}/") and "?" not in value
        return self.signer.sign(value.removeprefix(self.signer.base)) if own_host else value

    def _media(self, url: str) -> Json:
        found = self._referenced(url)
        if found is None:
            return {}
        known = {"width", "height", "content_type", "proxy_url"}
        payload = found.payload()
        return {"attachment_id": found.id} | {k: v for k, v in payload.items() if k in known}

    def _referenced(self, url: str) -> Attachment | None:
        if not url.startswith(ATTACHMENT_SCHEME):
            return None
        name = url.removeprefix(ATTACHMENT_SCHEME)
        return next((file for file in self.files if file.filename == name), None)


def references(value: Any) -> Iterator[str]:
    """Yield the names in all attachment:// references, however deep."""
    if isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)
    elif isinstance(value, str) and value.startswith(ATTACHMENT_SCHEME):
        yield value.removeprefix(ATTACHMENT_SCHEME)


def _embed_texts(embed: Json) -> Iterator[Any]:
    yield embed.get("title")
    yield embed.get("description")
    yield (embed.get("author") or {}).get("name")
    for line in embed.get("fields") or ():
        yield line["name"]
        yield line["value"]
    yield (embed.get("footer") or {}).get("text")
