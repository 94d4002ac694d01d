"""Styles: prompts that people keep under a name, in a ``styles.csv`` as A1111 writes it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from limner_sdk import ConfigurationError, InvalidRequest
from limner_sdk.catalogue import named

from .wildcards import LONGEST

#: Where a style wants the prompt to stand.
_PLACE: Final = "{prompt}"


@dataclass(frozen=True)
class Style:
    """What is added to a prompt and to a negative prompt. Styles are looked up as plugins' names are."""

    name: str
    prompt: str
    negative: str

    @property
    def id(self) -> str:
        """The name; styles have no other."""
        return self.name

    @property
    def label(self) -> str:
        """The name; styles have no other."""
        return self.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """None."""
        return ()


@dataclass(frozen=True)
class Styles:
    """All styles of a host, in the file's order."""

    styles: tuple[Style, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Self:
        """The styles of a file; none if it is not there. Raises `ConfigurationError` for one that is damaged."""
        if not file.is_file():
            return cls()
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                found = _rows(csv.DictReader(stream, strict=True))
        except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
            raise ConfigurationError(
                f"{file.name} is not a table of styles: {error}; mend it or take it away"
            ) from error
        # As in A1111, the last of several with one name counts.
        return cls(tuple({style.name.casefold(): style for style in found}.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(style.name for style in self.styles)

    def applied(self, prompt: str, negative: str, chosen: Iterable[str]) -> tuple[str, str]:
        """Both prompts, with the chosen styles one after the other.

        Raises `UnknownName`, and `InvalidRequest` for styles that make a prompt longer than `LONGEST` characters.
        """
        for name in chosen:
            style = named("style", name, self.styles)
            if max(_length(prompt, style.prompt), _length(negative, style.negative)) > LONGEST:
                remedy = f"makes a prompt longer than {LONGEST} characters; choose fewer styles or shorter ones"
                raise InvalidRequest("styles", style.name, remedy)
            prompt, negative = _joined(prompt, style.prompt), _joined(negative, style.negative)
        return prompt, negative


def _rows(table: csv.DictReader[str]) -> list[Style]:
    """The rows with a name. Raises `ValueError` for a table of another shape."""
    columns = table.fieldnames or []
    if "name" not in columns or "prompt" not in columns:
        raise ValueError("its first line is not name,prompt,negative_prompt")
    found = []
    for row in table:
        if None in row:
            raise ValueError(f"line {table.line_num} has more columns than the first; put text with commas in quotes")
        if name := (row["name"] or "").strip():
            found.append(Style(name, row["prompt"] or "", row.get("negative_prompt") or ""))
    return found


def _length(text: str, style: str) -> int:
    """How long both together become at most, which is known before they are: the place may stand there often."""
    return len(style) + len(text) * max(1, style.count(_PLACE))


def _joined(text: str, style: str) -> str:
    if _PLACE in style:
        return style.replace(_PLACE, text)
    return ", ".join(part for part in (text.strip(), style.strip()) if part)
