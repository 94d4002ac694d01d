"""The scripted user: does what a person can do in the Discord client, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from .components import find_button, find_select, with_ids
from .constants import (
    ACKNOWLEDGE_SECONDS,
    CommandType,
    Component,
    Intent,
    InteractionType,
    MessageFlag,
    Permission,
)
from .errors import ApplicationDidNotRespond, Json, UserCannot
from .files import Upload
from .forms import Form, select_values
from .interactions import Choice, Interaction
from .localised import canonical
from .messages import Message
from .options import Encoder, as_upload, encode_all, leaf, nest
from .payloads import interaction_payload
from .people import User
from .places import Channel, ChannelType
from .visibility import check_command_shown, shown_commands
from .world import World


@dataclass(eq=False, repr=False, kw_only=True)
class ScriptedUser(User):
    """A person; every action waits until the bot has acknowledged it."""

    world: World
    waits: bool = True
    patience: float = ACKNOWLEDGE_SECONDS + 1.0  # seconds; Discord itself refuses after 3

    @property
    def impatient(self) -> Self:
        """The same person, whose actions return at once without waiting for the bot."""
        twin = copy.copy(self)
        twin.waits = False
        return twin

    async def slash(self, channel: Channel, command: str, /, **options: Any) -> Interaction:
        """Run a slash command, "imagine" or "queue pause", with options of any type."""
        data = self._command_data(channel, command, options)
        return await self._act(InteractionType.COMMAND, channel, data)

    async def autocomplete(
        self, channel: Channel, command: str, /, *, option: str, value: str, **others: Any
    ) -> list[Choice]:
        """Type `value` into an option; return what the bot suggests."""
        entered = {**others, option: value}
        data = self._command_data(channel, command, entered, focused=option)
        interaction = await self._act(InteractionType.AUTOCOMPLETE, channel, data)
        return interaction.choices

    async def context_menu(
        self, target: Message | User, command: str, *, channel: Channel | None = None
    ) -> Interaction:
        """Choose a command from the menu of a message, or of a user in a channel."""
        if isinstance(target, Message):
            self._must_see(target)
            kind, place, resolved = CommandType.MESSAGE, target.channel, _resolved_message(target)
        elif channel is not None:
            encoder = self._encoder(channel)
            encoder.thing(target)
            kind, place, resolved = CommandType.USER, channel, encoder.resolved
        else:
            raise UserCannot("the menu of a user needs a channel")
        spec = check_command_shown(self.world, self, place, kind, command)
        data: Json = {"id": spec["id"], "name": spec["name"], "type": int(kind)}
        data |= {"target_id": target.id, "resolved": resolved}
        return await self._act(InteractionType.COMMAND, place, data)

    async def press(self, message: Message, button: str) -> Interaction:
        """Press a button by its label, emoji or custom_id."""
        self._must_reach_app(message)
        found = find_button(message.components, button)
        data: Json = {"custom_id": found.custom_id, "component_type": int(Component.BUTTON)}
        data["id"] = found.id
        return await self._act(InteractionType.COMPONENT, message.channel, data, message)

    async def select(self, message: Message, *values: Any, menu: str | None = None) -> Interaction:
        """Choose from a select menu, by label or value; `menu` names it if there are several."""
        self._must_reach_app(message)
        found = find_select(message.components, menu)
        encoder = self._encoder(message.channel)
        chosen = select_values(encoder, found, list(values), found["custom_id"])
        data: Json = {"custom_id": found["custom_id"], "component_type": found["type"]}
        data |= {"id": found["id"], "values": chosen}
        data |= {"resolved": encoder.resolved} if encoder.resolved else {}
        return await self._act(InteractionType.COMPONENT, message.channel, data, message)

    async def submit_modal(
        self, interaction: Interaction, entered: dict[str, Any] | None = None
    ) -> Interaction:
        """Fill in the modal that answered `interaction`, by custom_id or label, and submit it."""
        modal = interaction.modal
        if modal is None or interaction.user.id != self.id:
            raise UserCannot("there is no modal on this user's screen")
        encoder = self._encoder(interaction.channel)
        components = Form(encoder, entered or {}).submitted(modal)
        data: Json = {"custom_id": modal["custom_id"], "components": components}
        data["resolved"] = encoder.resolved
        interaction.modal = None
        try:
            return await self._act(InteractionType.MODAL, interaction.channel, data, trigger=interaction)
        except ApplicationDidNotRespond:
            interaction.modal = modal  # "Something went wrong": the window stays open for another try
            raise

    async def send(
        self,
        channel: Channel,
        text: str = "",
        *files: Upload | bytes,
        embeds: Iterable[Json] = (),
        components: Iterable[Json] = (),
        reply_to: Message | None = None,
    ) -> Message:
        """Write a message with files. Embeds are what links unfold to, or what another bot shows beside components."""
        self._check_permission(channel, channel.send_permission)
        if channel.type == ChannelType.FORUM or (components and not self.bot):
            raise UserCannot(f"{self.name} cannot write such a message in #{channel.name}")
        message = self.world.new_message(channel, self)
        message.content, message.embeds = text, copy.deepcopy(list(embeds))
        message.components = with_ids(copy.deepcopy(list(components)))
        if any(component["type"] != Component.ROW for component in message.components):
            message.flags |= MessageFlag.COMPONENTS_V2
        message.reply_to = reply_to.id if reply_to else None
        folder = f"/attachments/{channel.id}"
        message.files = [self.world.store(as_upload(file), folder) for file in files]
        self.world.publish(message)
        return message

    async def delete(self, message: Message) -> None:
        """Delete a message: one's own, or any with the permission."""
        if message.author.id != self.id:
            self._check_permission(message.channel, Permission.MANAGE_MESSAGES)
        self.world.delete(message)

    def commands(self, channel: Channel, kind: CommandType = CommandType.SLASH) -> list[Json]:
        """Return the commands that the client offers this person here, as they were registered."""
        return shown_commands(self.world, self, channel, kind)

    def direct_messages(self) -> Channel:
        """Return this person's conversation with the bot."""
        return self.world.direct_channel(self)

    async def _act(
        self,
        kind: InteractionType,
        channel: Channel,
        data: Json,
        message: Message | None = None,
        trigger: Interaction | None = None,
    ) -> Interaction:
        interaction = self.world.new_interaction(kind, self, channel, data)
        interaction.trigger = trigger
        interaction.message = trigger.message if trigger else message
        payload = interaction_payload(self.world, interaction)
        self.world.emit("INTERACTION_CREATE", payload, Intent.NONE)
        if self.waits:
            await self._wait_for_answer(interaction)
        return interaction

    async def _wait_for_answer(self, interaction: Interaction) -> None:
        try:
            await interaction.acknowledged(self.patience)
        except TimeoutError:
            words = f"no answer to {interaction} within {self.patience:g} s"
            raise ApplicationDidNotRespond(words) from None

    def _command_data(
        self, channel: Channel, command: str, entered: dict[str, Any], focused: str | None = None
    ) -> Json:
        name, *words = command.removeprefix("/").split()
        spec = check_command_shown(self.world, self, channel, CommandType.SLASH, name)
        words, options = leaf(spec, words, self.locale)
        encoder = self._encoder(channel)
        entered = canonical(options, entered, self.locale)
        encoded = encode_all(encoder, options, entered, focused)
        data: Json = {"id": spec["id"], "name": spec["name"], "type": int(CommandType.SLASH)}
        data |= {"options": nest(words, spec, encoded), "resolved": encoder.resolved}
        return data | ({"guild_id": spec["guild_id"]} if "guild_id" in spec else {})

    def _encoder(self, channel: Channel) -> Encoder:
        return Encoder(self.world, channel, max(self.upload_limit, channel.upload_limit))

    def _must_see(self, message: Message) -> None:
        if not message.visible_to(self):
            raise UserCannot(f"{self.name} sees no such message")
        self._check_permission(message.channel, Permission.VIEW_CHANNEL)

    def _must_reach_app(self, message: Message) -> None:
        """Can this person see the message, and is there still a bot behind its buttons?"""
        self._must_see(message)
        brought = message.interaction is not None and "1" in message.interaction.owners
        guild = message.channel.guild
        if guild is not None and not guild.installed and not brought:
            raise UserCannot(f"the bot is not installed in {guild.name} any more")

    def _check_permission(self, channel: Channel, needed: Permission) -> None:
        if not channel.open_to(self, needed):
            raise UserCannot(f"{self.name} may not {needed.name} in #{channel.name}")


def _resolved_message(message: Message) -> Json:
    return {"messages": {message.id: message.payload()}}
