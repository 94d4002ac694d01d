"""What buttons, menus and forms do, found by their custom_id: ``limner:<verb>:<arguments>``.

Nothing else is known about them, so they work after every restart and on messages of any age. Who may do it is decided
at the click. All of them are one dynamic item, and views hold nothing else: one plain item in a view that ends would
take the pattern of its neighbours out of discord.py's table, for every message of the bot.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self, TypeAlias, cast

import discord
from discord.ui import Button, DynamicItem, Select

from .guard import Refusal, guarded

log = logging.getLogger(__name__)

Interaction: TypeAlias = discord.Interaction[Any]
Handler: TypeAlias = Callable[..., Awaitable[None]]
AnyItem: TypeAlias = discord.ui.Item[Any]

PREFIX: Final = "limner"
LONGEST: Final = 100


@dataclass(frozen=True)
class Action:
    """Calls ``handler(interaction, *groups)`` for a custom_id whose arguments match `pattern` as a whole.

    What somebody chose in a menu is in `chosen`, what they wrote into a form in `limner_bot.talking.forms.entered`.
    """

    verb: str
    handler: Handler
    pattern: str = ""


class Actions:
    """All actions by their verbs."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions: dict[str, Action] = {}
        for action in actions:
            if action.verb in self._actions:
                raise ValueError(f"two actions are called {action.verb}")
            self._actions[action.verb] = action

    async def run(self, interaction: Interaction, custom_id: str) -> None:
        """Do what a click or a form asks for. Raises `Refusal` for what no version of ours has made, or an old one."""
        _, _, rest = custom_id.partition(":")
        verb, _, arguments = rest.partition(":")
        action = self._actions.get(verb)
        found = re.fullmatch(action.pattern, arguments) if action else None
        if action is None or found is None:
            log.info("nothing is called %r", custom_id)
            raise Refusal.of("old-button")
        await action.handler(interaction, *found.groups())


class HasActions(Protocol):
    """The client that a click arrives at."""

    @property
    def actions(self) -> Actions: ...


def custom_id(verb: str, *arguments: object) -> str:
    """The custom_id of an action. Raises `ValueError` if Discord would not take it."""
    made = ":".join((PREFIX, verb, *map(str, arguments)))
    if len(made) > LONGEST:
        raise ValueError(f"{made} is longer than {LONGEST} characters")
    return made


def chosen(interaction: Interaction) -> list[str]:
    """What somebody chose in the menu that they used."""
    data: Any = interaction.data or {}
    return [str(value) for value in data.get("values", ())]


class ActionItem(DynamicItem[AnyItem], template=rf"(?P<id>{PREFIX}:.{{1,90}})"):
    """A button or a menu of ours."""

    def __init__(self, item: Button[Any] | Select[Any]) -> None:
        super().__init__(item, row=item.row)

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: AnyItem, match: re.Match[str], /) -> Self:
        return cls(cast("Button[Any]", item))

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        await cast(HasActions, interaction.client).actions.run(interaction, self.custom_id)


class Forms:
    """Serves forms: discord.py forgets them when it ends, so what was sent is never looked up there."""

    @guarded
    async def submitted(self, interaction: Interaction) -> None:
        """A form was sent."""
        data: Any = interaction.data or {}
        name = str(data.get("custom_id", ""))
        if name.startswith(f"{PREFIX}:"):
            await cast(HasActions, interaction.client).actions.run(interaction, name)
