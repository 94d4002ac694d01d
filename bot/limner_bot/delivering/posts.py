"""What a message consists of, apart from where it is sent: text, files, and a fresh view each time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import discord
from discord import ButtonStyle
from discord.ui import Button, Select

from limner_bot.asking.menu import drawn, rerolls
from limner_bot.asking.shortcuts import Shortcut
from limner_bot.queue.records import Image, Job
from limner_bot.talking.actions import ActionItem, custom_id
from limner_bot.talking.harmless import label
from limner_bot.words import Words

PER_ROW: Final = 5
LONGEST_LABEL: Final = 80
MOST_OPTIONS: Final = 25


@dataclass(frozen=True)
class Upload:
    """A file for a message."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Press:
    """A button to be: what it says, the action it starts with which arguments, and its row."""

    label: str
    verb: str
    arguments: tuple[object, ...] = ()
    row: int = 0
    style: ButtonStyle = ButtonStyle.secondary
    disabled: bool = False

    def item(self) -> ActionItem:
        """A fresh button."""
        name = custom_id(self.verb, *self.arguments)
        text = label(self.label, LONGEST_LABEL)
        button: Button[Any] = Button(label=text, custom_id=name, row=self.row, style=self.style, disabled=self.disabled)
        return ActionItem(button)


@dataclass(frozen=True)
class Option:
    """A line of a menu: what it says, what is chosen by it, and a word more."""

    label: str
    value: str
    help: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Pick:
    """A menu to be, a row of its own: what stands in it while nothing is chosen, the action, and its options."""

    label: str
    verb: str
    arguments: tuple[object, ...]
    options: Sequence[Option]
    row: int = 0

    def item(self) -> ActionItem:
        """A fresh menu."""
        name = custom_id(self.verb, *self.arguments)
        select: Select[Any] = Select(custom_id=name, placeholder=label(self.label, 150), row=self.row)
        for option in self.options[:MOST_OPTIONS]:
            said, more = label(option.label, 100), label(option.help, 100) or None
            select.add_option(label=said, value=option.value, description=more, default=option.chosen)
        return ActionItem(select)


def view_of(items: Sequence[Press | Pick]) -> discord.ui.View | None:
    """A fresh view of buttons and menus; a view object must never be sent twice."""
    if not items:
        return None
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item.item())
    return view


@dataclass(frozen=True)
class Post:
    """A message. Views and files are made anew for each call.

    A `private` one is for the person who asked alone, as long as Discord still takes such an answer.
    """

    content: str
    files: tuple[Upload, ...] = ()
    presses: tuple[Press | Pick, ...] = ()
    private: bool = False

    def attachments(self) -> list[discord.File]:
        """All files it shall have; those of earlier versions vanish."""
        return [discord.File(io.BytesIO(file.data), file.name) for file in self.files]

    def view(self) -> discord.ui.View | None:
        """Its buttons."""
        return view_of(self.presses)

    def without_files(self, sentence: str) -> Post:
        """The same with a sentence instead of its files."""
        return replace(self, content=f"{self.content}\n{sentence}", files=())


def cancel_press(words: Words, job: Job) -> tuple[Press, ...]:
    """The buttons of a job that waits or runs."""
    edit = (Press(words("button-edit-job"), "pe", (job.id,)),) if job.kind == "finish" else ()
    return (Press(words("button-cancel"), "c", (job.id,), style=ButtonStyle.danger), *edit)


def result_presses(words: Words, images: Sequence[Image], finishers: Sequence[Shortcut] = ()) -> tuple[Press, ...]:
    """U1–U4 and Re-roll, V1–V4 and Remix below; a single picture has no U."""
    if len(images) == 1:
        return single_presses(words, images[0], finishers)
    upper = [Press(f"U{image.position}", "u", (image.id,)) for image in images]
    lower = [Press(f"V{image.position}", "v", (image.id,), 1) for image in images]
    return (*upper, _reroll(words, images[0], len(images)), *lower, *_remix(words, images[0], len(images), 1))


def single_presses(words: Words, image: Image, finishers: Sequence[Shortcut] = ()) -> tuple[Press, ...]:
    """The buttons of one picture; what was uploaded has no variations. Post-processors follow in rows of five."""
    favourite = Press(words("button-favourite"), "f", (image.id,))
    reroll = (_reroll(words, image, 1),) if rerolls(image.recipe) else ()
    first = (*_variations(words, image), *reroll, *_remix(words, image, 1, 0), favourite)
    return (*first, *_finish_presses(image, finishers))


def _variations(words: Words, image: Image) -> tuple[Press, ...]:
    if drawn(image.recipe) is None:
        return ()
    return Press(words("button-variations"), "v", (image.id,)), Press(words("button-strong"), "vs", (image.id,))


def _remix(words: Words, image: Image, count: int, row: int) -> tuple[Press, ...]:
    return (Press(words("button-remix"), "x", (image.id, count), row),) if drawn(image.recipe) else ()


def _reroll(words: Words, image: Image, count: int) -> Press:
    return Press(words("button-reroll"), "r", (image.id, count), style=ButtonStyle.primary)


def _finish_presses(image: Image, finishers: Sequence[Shortcut]) -> Iterator[Press]:
    for place, shortcut in enumerate(finishers):
        yield Press(shortcut.label, "p", (image.id, shortcut.choice.name), 1 + place // PER_ROW)
