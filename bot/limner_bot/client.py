"""The connection to Discord: commands are published when they have changed, buttons of every age work."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any, Final

import discord
from discord import app_commands

from .buttons import EVERY_BUTTON, Presses
from .commands import add_commands
from .desk import Desk
from .guard import explain
from .store import Store

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
    """Serves the desk. It needs no privileged intent."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.tree = Tree(self)
        self._desk: Desk | None = None
        self._store: Store | None = None

    def open(self, desk: Desk, store: Store) -> None:
        """Serve this desk."""
        self._desk, self._store = desk, store
        add_commands(self.tree, desk)

    @property
    def presses(self) -> Presses:
        """Whoever does what the buttons say."""
        assert self._desk is not None
        return self._desk

    async def setup_hook(self) -> None:
        """After login, before the first event."""
        self.add_dynamic_items(*EVERY_BUTTON)
        await self._publish()

    async def on_ready(self) -> None:
        """Say so in the log."""
        log.info("connected to Discord as %s", self.user)

    async def _publish(self) -> None:
        """Replace all commands by one request; each change counts towards a daily limit."""
        assert self._desk is not None
        assert self._store is not None
        payload: list[Any] = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, discord.http.Route.BASE, payload], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if await self._desk.ledger.recall(_PUBLISHED) != digest:
            await self.tree.sync()
            await self._store.remember(_PUBLISHED, digest)
