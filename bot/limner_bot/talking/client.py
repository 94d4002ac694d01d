"""The connection to Discord: commands are published when they have changed; buttons and forms of every age work."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

import discord
from discord import app_commands

from limner_bot.delivering.rejections import Rejections
from limner_bot.house import AnyCommand, Feature
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.store import Store
from limner_bot.words import Dictionary
from limner_bot.words.commands import Translator

from .actions import ActionItem, Actions, Forms
from .guard import explain

log = logging.getLogger(__name__)

#: The language that a person (True) or a place has chosen, if they have.
Spoken: TypeAlias = Callable[[discord.Interaction[Any], bool], str | None]
_PUBLISHED: Final = "published commands"


class Tree(app_commands.CommandTree[discord.Client]):
    """The commands; what goes wrong before one of ours runs is answered as well."""

    async def on_error(
        self, interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError, /
    ) -> None:
        """Tell the person, and the log."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        if interaction.type is not discord.InteractionType.autocomplete:
            await explain(interaction, cause)
        else:
            log.error("a suggestion failed", exc_info=cause)


class LimnerClient(discord.Client):
    """Serves features. It needs no privileged intent."""

    def __init__(self, dictionary: Dictionary, spoken: Spoken) -> None:
        self.rejections = Rejections()
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=self.rejections.trace(),
        )
        self.dictionary, self._spoken = dictionary, spoken
        self.tree = Tree(self)
        self.actions = Actions(())
        self._forms = Forms()
        self._memory: tuple[Store, Ledger] | None = None

    def open(self, features: Sequence[Feature], store: Store, ledger: Ledger) -> None:
        """Serve these features."""
        self._memory = store, ledger
        self.actions = Actions(action for feature in features for action in feature.actions())
        add_commands(self.tree, features)

    def language(self, interaction: discord.Interaction[Any], *, personal: bool) -> str | None:
        """The language that somebody has chosen for themselves, or for a place."""
        return self._spoken(interaction, personal)

    async def setup_hook(self) -> None:
        """After login, before the first event."""
        self.add_dynamic_items(ActionItem)
        await self.tree.set_translator(Translator())
        await self._publish()

    async def on_ready(self) -> None:
        """Say so in the log."""
        log.info("connected to Discord as %s", self.user)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Forms come here; discord.py itself has served whatever else there is."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self._forms.submitted(interaction)

    async def _publish(self) -> None:
        """Replace all commands by one request; each change counts towards a daily limit."""
        assert self._memory is not None
        store, ledger = self._memory
        payload = [await command.get_translated_payload(self.tree, Translator()) for command in _all(self.tree)]
        text = json.dumps([self.application_id, discord.http.Route.BASE, payload], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if await ledger.recall(_PUBLISHED) != digest:
            await self.tree.sync()
            await store.remember(_PUBLISHED, digest)


def add_commands(tree: app_commands.CommandTree[Any], features: Iterable[Feature]) -> None:
    """Put every command into `tree`."""
    for feature in features:
        for command in feature.commands():
            _offer_everywhere(command)
            tree.add_command(command)


def _offer_everywhere(command: AnyCommand) -> None:
    """What is for everybody is offered in servers, in direct messages, and to people who bring the bot along."""
    if not command.guild_only and command.default_permissions is None:
        command.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
        command.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)


def _all(tree: app_commands.CommandTree[Any]) -> list[Any]:
    """Every command and every entry of messages' and people's menus."""
    kinds = (discord.AppCommandType.chat_input, discord.AppCommandType.message, discord.AppCommandType.user)
    return [command for kind in kinds for command in tree.get_commands(type=kind)]
