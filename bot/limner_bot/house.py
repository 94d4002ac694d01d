"""All that features work with, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from discord import app_commands

from limner_bot.asking.menu import Menu
from limner_bot.delivering.board import Board
from limner_bot.delivering.doors import Doors
from limner_bot.delivering.outbox import Outbox
from limner_bot.operating.metrics import Metrics
from limner_bot.operating.settings import Settings
from limner_bot.operating.space import Space
from limner_bot.pictures.darkroom import Darkroom
from limner_bot.pictures.shelf import Shelf
from limner_bot.policy.policies import Policies
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.store import Store
from limner_bot.talking.actions import Action
from limner_bot.working.dispatcher import Dispatcher
from limner_bot.working.gate import Gate
from limner_bot.working.outlook import Outlook
from limner_bot.working.plugin_care import PluginCare

from .desk import Desk
from .words import Dictionary

AnyCommand: TypeAlias = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu


@dataclass(frozen=True)
class House:
    """The parts that are there once; the front desk is what most need."""

    settings: Settings
    database: Database
    store: Store
    ledger: Ledger
    shelf: Shelf
    menu: Menu
    board: Board
    doors: Doors
    outbox: Outbox
    dispatcher: Dispatcher
    dictionary: Dictionary
    darkroom: Darkroom
    policies: Policies
    metrics: Metrics
    space: Space
    gate: Gate
    plugins: PluginCare
    outlook: Outlook
    desk: Desk


class Feature(Protocol):
    """Something that people can do: its commands, and what its buttons, menus and forms do."""

    def commands(self) -> Sequence[AnyCommand]:
        """Slash commands and entries of messages' menus."""

    def actions(self) -> Sequence[Action]:
        """What can be clicked and sent."""
