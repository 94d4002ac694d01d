"""Interactions: one thing a user did with the bot, and everything the bot answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .constants import (
    ACKNOWLEDGE_SECONDS,
    TOKEN_SECONDS,
    Callback,
    CommandType,
    InteractionType,
    Permission,
)
from .errors import Json
from .messages import Message
from .people import User
from .places import Channel
from .pulse import Pulse


@dataclass(frozen=True)
class Choice:
    """An autocomplete suggestion."""

    name: str
    value: str | int | float


@dataclass(eq=False, repr=False)
class Interaction:
    """What the user did, and how the bot answered so far."""

    id: str
    token: str
    type: InteractionType
    user: User
    channel: Channel
    data: Json
    clock: Clock
    created_at: float
    message: Message | None = None  # the message whose button was pressed
    trigger: Interaction | None = None  # the one that opened the modal
    owners: Json = field(default_factory=dict)
    callback: Callback | None = None
    acknowledged_after: float | None = None
    ephemeral: bool = False
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Choice] = field(default_factory=list)
    changes: Pulse = field(default_factory=Pulse)

    @property
    def age(self) -> float:
        """Virtual seconds since the user acted."""
        return self.clock.now() - self.created_at

    @property
    def too_late_to_answer(self) -> bool:
        """Have the 3 s for the first answer passed?"""
        return self.age > ACKNOWLEDGE_SECONDS

    @property
    def token_expired(self) -> bool:
        """Have the 15 minutes of the token passed?"""
        return self.age > TOKEN_SECONDS

    @property
    def deferred(self) -> bool:
        """Was the first answer only a promise?"""
        return self.callback in (Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE)

    @property
    def is_context_menu(self) -> bool:
        """Did the user choose it from the menu of a message or user?"""
        return self.data.get("type") in (CommandType.USER, CommandType.MESSAGE)

    @property
    def user_install_only(self) -> bool:
        """Is the bot here only because the user brought it?"""
        return "0" not in self.owners

    @property
    def forced_ephemeral(self) -> bool:
        """Does everything stay between the bot and the user, because the server allows no external apps?"""
        guild = self.channel.guild
        member = guild.members.get(self.user.id) if guild else None
        if member is None or not self.user_install_only:
            return False
        return not member.permissions_in(self.channel) & Permission.USE_EXTERNAL_APPS

    @property
    def app_removed(self) -> bool:
        """Was the bot removed from where this was asked?"""
        guild = self.channel.guild
        return guild is not None and not guild.installed and self.owners.get("0") == guild.id and "1" not in self.owners

    @property
    def messages(self) -> list[Message]:
        """All messages that this interaction's token may reach."""
        return [*filter(None, [self.original]), *self.followups]

    async def acknowledged(self, timeout: float = 5.0) -> float:
        """Wait for the first answer of any kind; return after how many seconds it came."""
        await self.changes.until(lambda: self.callback, timeout, f"an answer to {self}")
        assert self.acknowledged_after is not None
        return self.acknowledged_after

    async def response(self, timeout: float = 10.0) -> Message:
        """Wait for the original message; it may still say that the bot is thinking."""
        return await self.changes.until(lambda: self.original, timeout, f"a response to {self}")

    async def final_response(self, timeout: float = 10.0) -> Message:
        """Wait until the original message no longer says that the bot is thinking."""

        def done() -> Message | None:
            return self.original if self.original and not self.original.thinking else None

        return await self.changes.until(done, timeout, f"a final response to {self}")

    async def followup(self, index: int = 0, timeout: float = 10.0) -> Message:
        """Wait for the follow-up with this index; the one that fills a deferral is no follow-up."""

        def sent() -> Message | None:
            return self.followups[index] if len(self.followups) > index else None

        return await self.changes.until(sent, timeout, f"follow-up {index} to {self}")

    async def opened_modal(self, timeout: float = 5.0) -> Json:
        """Wait for a modal; return its title, custom_id and components."""
        return await self.changes.until(lambda: self.modal, timeout, f"a modal for {self}")

    def metadata(self) -> Json:
        """Return the interaction_metadata object of messages."""
        user, owners = self.user.payload(), dict(self.owners)
        metadata: Json = {"id": self.id, "type": int(self.type), "user": user}
        metadata |= {"authorizing_integration_owners": owners}
        if self.trigger is not None:
            metadata["triggering_interaction_metadata"] = self.trigger.metadata()
        elif self.message is not None:
            metadata["interacted_message_id"] = self.message.id
        if self.data.get("type") == CommandType.MESSAGE:
            metadata["target_message_id"] = self.data["target_id"]
        return metadata

    def callback_payload(self) -> Json:
        """Return what POST callback?with_response=true answers."""
        assert self.callback is not None
        interaction: Json = {"id": self.id, "type": int(self.type)}
        resource: Json = {"type": int(self.callback)}
        if self.original is not None and self.callback != Callback.DEFERRED_UPDATE:
            interaction["response_message_id"] = self.original.id
            interaction["response_message_loading"] = self.original.thinking
            interaction["response_message_ephemeral"] = self.original.ephemeral
            resource["message"] = self.original.payload()
        return {"interaction": interaction, "resource": resource}

    def __repr__(self) -> str:
        return f"<Interaction {self}>"

    def __str__(self) -> str:
        what: Any = self.data.get("name") or self.data.get("custom_id")
        return f"{self.type.name.lower()} {what!r} of {self.user.name}"
