"""/help: what there is and how to begin, in the person's language; the commands are those that they can really use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from limner_bot.asking.flags import FLAGS
from limner_bot.delivering.posts import Option, Pick, Press
from limner_bot.house import AnyCommand, House
from limner_bot.talking.actions import Action, chosen
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, plain
from limner_bot.words import Words
from limner_bot.words.commands import key_of

from .deciding import answer, may_decide

Interaction = discord.Interaction[Any]

COMMANDS: Final = "commands"
ADMIN: Final = "admin"
#: Topics with their titles and texts.
TOPICS: Final = {
    "start": ("help-start", "help-start-text"),
    "imagine": ("help-imagine", "help-imagine-text"),
    "flags": ("help-flags", "help-flags-text"),
    "buttons": ("help-buttons", "help-buttons-text"),
    "more": ("help-more", "help-more-text"),
    "finish": ("help-finish", "help-finish-text"),
    "history": ("help-history", "help-history-text"),
    ADMIN: ("help-admin", "help-admin-text"),
}
#: Room for a page's text beside its title.
_ROOM: Final = LONGEST_MESSAGE - 100


@dataclass(frozen=True)
class Help:
    """Explains."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/help."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """The menu of topics, and the pages of commands."""
        return (Action("ht", self.choose), Action("hc", self.turn, "([0-9]{1,3})"))

    @guarded
    async def open(self, interaction: Interaction) -> None:
        """How to begin."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, "start")

    async def choose(self, interaction: Interaction) -> None:
        """A topic."""
        await interaction.response.defer()
        topic = next(iter(chosen(interaction)), "")
        if topic == COMMANDS:
            await self._show_commands(interaction, 0)
        elif topic in self._topics(interaction):
            await self._show(interaction, topic)
        else:
            raise Refusal.of("old-button")

    async def turn(self, interaction: Interaction, page: str) -> None:
        """Another page of commands."""
        await interaction.response.defer()
        await self._show_commands(interaction, int(page))

    async def _show(self, interaction: Interaction, topic: str) -> None:
        words = words_for(interaction)
        title, text = TOPICS[topic]
        told = words(text, flags=_flags(), names=self._finishers())
        await answer(interaction, f"**{words(title)}**\n{told}", (self._menu(interaction, topic),))

    async def _show_commands(self, interaction: Interaction, page: int) -> None:
        words = words_for(interaction)
        pages = list(paged(told_of(interaction.client.tree, words, admin=self._decides(interaction)), _ROOM))
        page = min(page, len(pages) - 1)
        items: list[Press | Pick] = [self._menu(interaction, COMMANDS)]
        items += [Press(words("button-newer"), "hc", (page - 1,), 1)] * (page > 0)
        items += [Press(words("button-older"), "hc", (page + 1,), 1)] * (page + 1 < len(pages))
        await answer(interaction, f"**{words('help-commands')}**\n{pages[page]}", items)

    def _menu(self, interaction: Interaction, now: str) -> Pick:
        words = words_for(interaction)
        options = [Option(words(TOPICS[each][0]), each, chosen=each == now) for each in self._topics(interaction)]
        options.append(Option(words("help-commands"), COMMANDS, chosen=now == COMMANDS))
        return Pick(words("help-choose"), "ht", (), options)

    def _topics(self, interaction: Interaction) -> list[str]:
        return [topic for topic in TOPICS if topic != ADMIN or self._decides(interaction)]

    def _decides(self, interaction: Interaction) -> bool:
        return may_decide(interaction, self.house)

    def _finishers(self) -> str:
        """The post-processors that the host offers, harmless."""
        return (
            clipped(", ".join(plain(name, 60) for name, _ in self.house.menu.stages("postprocessor", "")), 500) or "–"
        )


def _flags() -> str:
    """All flags with an example each."""
    return " ".join(f"`--{flag.words[0]}{' ' if flag.example else ''}{flag.example}`" for flag in FLAGS)


def told_of(tree: app_commands.CommandTree[Any], words: Words, *, admin: bool) -> list[str]:
    """A line for each command that somebody can use, with the names and texts that their Discord shows."""
    return [line for command in tree.get_commands() if admin or _is_for_all(command) for line in _lines(command, words)]


def _is_for_all(command: AnyCommand) -> bool:
    return command.default_permissions is None


def _lines(command: Any, words: Words) -> Iterator[str]:
    if isinstance(command, app_commands.Group):
        for child in command.commands:
            yield from _lines(child, words)
    elif isinstance(command, app_commands.Command):
        yield f"`/{_name(command, words)}` {_translated(command, words, Location.command_description)}"


def _name(command: Any, words: Words) -> str:
    own = _translated(command, words, Location.command_name)
    return own if command.parent is None else f"{_name(command.parent, words)} {own}"


def _translated(command: Any, words: Words, location: Location) -> str:
    """What a command is called, or does; English stands in the code."""
    key = key_of(location, command)
    english = command.name if location is Location.command_name else command.description
    return words(key) if key and words.has(key) else str(english)


def paged(lines: Sequence[str], room: int) -> Iterator[str]:
    """Lines on pages of at most `room` characters each."""
    page = ""
    for line in (clipped(line, room) for line in lines):
        if page and len(page) + 1 + len(line) > room:
            yield page
            page = ""
        page = f"{page}\n{line}" if page else line
    yield page


def _command(serve: Help) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="help", description="What there is and how to begin; only you see it")
    async def help(interaction: discord.Interaction[discord.Client]) -> None:
        await serve.open(interaction)

    return help
