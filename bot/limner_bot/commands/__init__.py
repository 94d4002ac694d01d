"""The slash commands: their names, options and help; what they do is the desk's business."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from limner_bot.desk import Desk

from .finish import finish_command
from .history import history_command
from .imagine import imagine_command
from .queue import QueueCommands


def add_commands(tree: app_commands.CommandTree[discord.Client], desk: Desk) -> None:
    """Put every command into `tree`."""
    commands: list[app_commands.Command[Any, ..., Any] | app_commands.Group] = [
        imagine_command(desk),
        finish_command(desk),
        history_command(desk),
        QueueCommands(desk),
    ]
    for command in commands:
        tree.add_command(command)
