"""All that features work with, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from discord import app_commands

from .actions import Action
from .board import Board
from .darkroom import Darkroom
from .database import Database
from .desk import Desk
from .dispatcher import Dispatcher
from .doors import Doors
from .gate import Gate
from .ledger import Ledger
from .menu import Menu
from .metrics import Metrics
from .outbox import Outbox
from .outlook import Outlook
from .plugin_care import PluginCare
from .policy.policies import Policies
from .settings import Settings
from .shelf import Shelf
from .space import Space
from .store import Store
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
