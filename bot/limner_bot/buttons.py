"""The buttons. Each carries an id and nothing else; what it may do is decided at the click.

They are dynamic items only, and views hold nothing else: one plain item in a view that ends would take the
pattern of its neighbours out of discord.py's table, for every message of the bot.
"""

from __future__ import annotations

import re
from typing import Any, Protocol, Self, cast

import discord
from discord import ButtonStyle
from discord.ui import Button, DynamicItem

from .guard import guarded
from .identity import ID, NAME
from .ledger import Direction

Interaction = discord.Interaction[discord.Client]
AnyItem = discord.ui.Item[Any]


class Presses(Protocol):
    """Whoever does what the buttons say."""

    async def single(self, interaction: Interaction, image: str) -> None: ...
    async def variations(self, interaction: Interaction, image: str) -> None: ...
    async def reroll(self, interaction: Interaction, image: str, count: int) -> None: ...
    async def finish(self, interaction: Interaction, image: str, name: str) -> None: ...
    async def cancel(self, interaction: Interaction, job: str) -> None: ...
    async def turn_page(self, interaction: Interaction, direction: Direction, anchor: int) -> None: ...


class HasPresses(Protocol):
    """The client that a click arrives at."""

    @property
    def presses(self) -> Presses: ...


def presses(interaction: Interaction) -> Presses:
    """Whoever serves this click."""
    return cast(HasPresses, interaction.client).presses


def _button(label: str, custom_id: str, row: int, style: ButtonStyle = ButtonStyle.secondary) -> Button[Any]:
    return Button(label=label, custom_id=custom_id, row=row, style=style)


class SingleButton(DynamicItem[Button[Any]], template=f"limner:u:(?P<id>{ID})"):
    """Posts one picture of a grid at full size."""

    def __init__(self, image: str, label: str = "U", row: int = 0) -> None:
        super().__init__(_button(label, f"limner:u:{image}", row), row=row)
        self.image = image

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(match["id"])

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await presses(interaction).single(interaction, self.image)


class VariationsButton(DynamicItem[Button[Any]], template=f"limner:v:(?P<id>{ID})"):
    """Asks for four pictures close to one."""

    def __init__(self, image: str, label: str = "V", row: int = 0) -> None:
        super().__init__(_button(label, f"limner:v:{image}", row), row=row)
        self.image = image

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(match["id"])

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await presses(interaction).variations(interaction, self.image)


class RerollButton(DynamicItem[Button[Any]], template=f"limner:r:(?P<id>{ID}):(?P<count>[1-9])"):
    """Asks for the same with a fresh seed."""

    def __init__(self, image: str, count: int = 1, label: str = "Re-roll", row: int = 0) -> None:
        super().__init__(_button(label, f"limner:r:{image}:{count}", row, ButtonStyle.primary), row=row)
        self.image, self.count = image, count

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(match["id"], int(match["count"]))

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await presses(interaction).reroll(interaction, self.image, self.count)


class CancelButton(DynamicItem[Button[Any]], template=f"limner:c:(?P<id>{ID})"):
    """Stops a job that waits or runs."""

    def __init__(self, job: str, label: str = "Cancel", row: int = 0) -> None:
        super().__init__(_button(label, f"limner:c:{job}", row, ButtonStyle.danger), row=row)
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(match["id"])

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await presses(interaction).cancel(interaction, self.job)


class PageButton(DynamicItem[Button[Any]], template=r"limner:h:(?P<direction>older|newer):(?P<anchor>[0-9]{1,15})"):
    """Turns a page of the clicking person's own history."""

    def __init__(self, direction: Direction, anchor: int) -> None:
        label = {"newer": "Prev", "older": "Next"}[direction]
        super().__init__(_button(label, f"limner:h:{direction}:{anchor}", 0))
        self.direction, self.anchor = direction, anchor

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(cast(Direction, match["direction"]), int(match["anchor"]))

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await presses(interaction).turn_page(interaction, self.direction, self.anchor)


class FinishButton(DynamicItem[Button[Any]], template=f"limner:p:(?P<id>{ID}):(?P<name>{NAME})"):
    """Has a post-processor, by full id, let loose on a picture."""

    def __init__(self, image: str, name: str, label: str = "Finish", row: int = 1) -> None:
        super().__init__(_button(label, f"limner:p:{image}:{name}", row), row=row)
        self.image, self.name = image, name

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(match["id"], match["name"])

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await presses(interaction).finish(interaction, self.image, self.name)


EVERY_BUTTON = (SingleButton, VariationsButton, RerollButton, CancelButton, PageButton, FinishButton)
