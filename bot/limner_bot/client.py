"""The connection to Discord: commands are published when they have changed; buttons and forms of every age work."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import discord
from discord import app_commands

from .actions import ActionItem, Actions, Forms
from .guard import explain
from .house import Feature
from .ledger import Ledger
from .store import Store
from .words import Dictionary
from .words.commands import Translator

log = logging.getLogger(__name__)

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

    def __init__(self, dictionary: Dictionary) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.dictionary = dictionary
        self.tree = Tree(self)
        self.actions = Actions(())
        self._forms = Forms()
        self._memory: tuple[Store, Ledger] | None = None

    def open(self, features: Sequence[Feature], store: Store, ledger: Ledger) -> None:
        """Serve these features."""
        self._memory = store, ledger
        self.actions = Actions(action for feature in features for action in feature.actions())
        add_commands(self.tree, features)

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
            tree.add_command(command)


def _all(tree: app_commands.CommandTree[Any]) -> list[Any]:
    """Every command and every entry of messages' and people's menus."""
    kinds = (discord.AppCommandType.chat_input, discord.AppCommandType.message, discord.AppCommandType.user)
    return [command for kind in kinds for command in tree.get_commands(type=kind)]
