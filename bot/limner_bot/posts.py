"""What a message consists of, apart from where it is sent: text, files, and a fresh view each time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import discord

from . import texts
from .buttons import CancelButton, FinishButton, RerollButton, SingleButton, VariationsButton
from .menu import drawn, rerolls
from .records import Image, Job
from .shortcuts import Shortcut

AnyButton: TypeAlias = CancelButton | FinishButton | RerollButton | SingleButton | VariationsButton


PER_ROW: Final = 5
LONGEST_LABEL: Final = 80


@dataclass(frozen=True)
class Upload:
    """A file for a message."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Press:
    """A button to be: its kind, what it acts on, its label and its row; `name` is what it lets loose on that."""

    make: type[AnyButton]
    target: str
    label: str
    row: int = 0
    count: int = 1
    name: str = ""

    def button(self) -> AnyButton:
        """A fresh button."""
        if self.make is FinishButton:
            return FinishButton(self.target, self.name, self.label, self.row)
        if self.make is RerollButton:
            return RerollButton(self.target, self.count, self.label, self.row)
        return self.make(self.target, self.label, self.row)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Post:
    """A message. A view object must never be sent twice, so views and files are made anew for each call.

    A `private` one is for the person who asked alone, as long as Discord still takes such an answer.
    """

    content: str
    files: tuple[Upload, ...] = ()
    presses: tuple[Press, ...] = ()
    private: bool = False

    def attachments(self) -> list[discord.File]:
        """All files it shall have; those of earlier versions vanish."""
        return [discord.File(io.BytesIO(file.data), file.name) for file in self.files]

    def view(self) -> discord.ui.View | None:
        """Its buttons."""
        if not self.presses:
            return None
        view = discord.ui.View(timeout=None)
        for press in self.presses:
            view.add_item(press.button())
        return view

    def without_files(self, sentence: str) -> Post:
        """The same with a sentence instead of its files."""
        return replace(self, content=f"{self.content}\n{sentence}", files=())


def cancel_press(job: Job) -> tuple[Press, ...]:
    """The button of a job that waits or runs."""
    return (Press(CancelButton, job.id, "Cancel"),)


def result_presses(images: Sequence[Image], finishers: Sequence[Shortcut] = ()) -> tuple[Press, ...]:
    """U1–U4 and Re-roll, V1–V4 below; a single picture has no U."""
    if len(images) == 1:
        return single_presses(images[0], finishers)
    upper = [Press(SingleButton, image.id, f"U{image.position}") for image in images]
    lower = [Press(VariationsButton, image.id, f"V{image.position}", 1) for image in images]
    return (*upper, Press(RerollButton, images[0].id, "Re-roll", count=len(images)), *lower)


def single_presses(image: Image, finishers: Sequence[Shortcut] = ()) -> tuple[Press, ...]:
    """The buttons of one picture; what was uploaded has no variations. Post-processors follow in rows of five."""
    variations = (Press(VariationsButton, image.id, "Variations"),) if drawn(image.recipe) else ()
    reroll = (Press(RerollButton, image.id, "Re-roll"),) if rerolls(image.recipe) else ()
    return (*variations, *reroll, *_finish_presses(image, finishers))


def _finish_presses(image: Image, finishers: Sequence[Shortcut]) -> Iterator[Press]:
    for place, shortcut in enumerate(finishers):
        label = texts.clipped(texts.clean(shortcut.label).strip(), LONGEST_LABEL)
        yield Press(FinishButton, image.id, label, 1 + place // PER_ROW, name=shortcut.choice.name)
