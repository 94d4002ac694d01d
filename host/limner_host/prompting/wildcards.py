"""Wildcards: the choices that a template leaves open, ``__name__`` and ``{a|b}``, made once from a seed."""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from limner_sdk import ConfigurationError, InvalidRequest
from limner_sdk.errors import quote

from .templates import Choice, Node, Wildcard, parsed

#: How deep choices may stand in each other, how many there may be, and how long the prompt may become, in characters.
DEEPEST: Final = 50
MOST_CHOICES: Final = 10_000
LONGEST: Final = 100_000
#: Of a file, in bytes.
LARGEST_FILE: Final = 16 * 2**20


@dataclass(frozen=True)
class Wildcards:
    """A folder of text files, one thing to choose from on each line; sub-folders are part of a name."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """What can be written between underscores, such as ``animals/cats``."""
        return tuple(sorted(self.files()))

    def files(self) -> Mapping[str, Path]:
        """The files by name. Nothing outside the folder has one."""
        found = [file for file in sorted(self.folder.rglob("*.txt")) if file.is_file()]
        # What a prompt says comes to light, so that a link must not lead to other files of the machine.
        home = self.folder.resolve()
        inside = [file for file in found if file.resolve().is_relative_to(home)]
        return {file.relative_to(self.folder).with_suffix("").as_posix(): file for file in inside}


def filled(template: str, seed: int, wildcards: Wildcards) -> str:
    r"""The template with its choices made; the same seed and files always make the same.

    ``__name__`` is a line of a file, ``{a|b}`` one of what stands between the bars, ``{0.3::a|b}`` says how likely each
    is, ``{2$$a|b|c}`` takes two different ones, ``{1-2$$ and $$a|b|c}`` one or two and joins them by its own words. All
    of it may stand inside each other. ``\{`` and ``\_`` are ordinary, and stay as they are for `spans_of` to read.

    Raises `InvalidRequest` for an unknown wildcard, an impossible choice, and a template that goes on without end.
    """
    return _Filling(random.Random(seed), wildcards).text_of(parsed(template))


@dataclass
class _Filling:
    """One template being filled. Only `random()` is asked for, whose numbers no version of Python changes."""

    dice: random.Random
    wildcards: Wildcards
    choices: int = 0
    length: int = 0
    files: dict[str, Path] = field(default_factory=dict)
    lines: dict[str, Sequence[str]] = field(default_factory=dict)

    def text_of(self, nodes: Sequence[Node], depth: int = 0) -> str:
        if depth > DEEPEST:
            raise InvalidRequest("prompt", "{…}", f"has choices more than {DEEPEST} deep, or without end; nest fewer")
        return "".join(self._one(node, depth) for node in nodes)

    def _one(self, node: Node, depth: int) -> str:
        if isinstance(node, str):
            self._count(0, len(node))
            return node
        self._count(1, 0)
        if isinstance(node, Wildcard):
            return self.text_of(parsed(self._line(node.name)), depth + 1).strip()
        picked = self._picked(node)
        return node.joint.join(self.text_of(node.options[at], depth + 1).strip() for at in picked)

    def _count(self, choices: int, length: int) -> None:
        self.choices, self.length = self.choices + choices, self.length + length
        if self.choices > MOST_CHOICES or self.length > LONGEST:
            most = f"{MOST_CHOICES} choices or {LONGEST} characters"
            raise InvalidRequest("prompt", "__…__", f"grows to more than {most}; use wildcards with shorter lines")

    def _picked(self, choice: Choice) -> list[int]:
        """The places of different options, each drawn by its share of what is left."""
        left = {at: share for at, share in enumerate(choice.shares) if share > 0}
        wanted = choice.low + int(self.dice.random() * (choice.high - choice.low + 1)) if choice.ranges else choice.low
        if wanted > len(left):
            remedy = f"is more than the {len(left)} that are possible in one choice; ask for fewer"
            raise InvalidRequest("prompt", f"{{{wanted}$$…}}", remedy)
        picked = []
        for _ in range(wanted):
            at = self._drawn(left)
            picked.append(at)
            del left[at]
        return picked

    def _drawn(self, shares: Mapping[int, float]) -> int:
        rest = self.dice.random() * sum(shares.values())
        for at, share in shares.items():
            rest -= share
            if rest < 0:
                return at
        return next(reversed(list(shares)))

    def _line(self, name: str) -> str:
        """One of a file's lines, each as likely; only this one is parsed, for there may be millions."""
        key = name.casefold()
        if key not in self.lines:
            self.lines[key] = _lines_of(self._path(name), name)
        lines = self.lines[key]
        line = lines[int(self.dice.random() * len(lines))]
        if len(line) > LONGEST:
            remedy = f"has a line of more than {LONGEST} characters; use shorter ones"
            raise InvalidRequest("prompt", f"__{name}__", remedy)
        return line

    def _path(self, name: str) -> Path:
        self.files = self.files or {known.casefold(): file for known, file in self.wildcards.files().items()}
        if name.casefold() in self.files:
            return self.files[name.casefold()]
        close = difflib.get_close_matches(name.casefold(), self.files, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise InvalidRequest("prompt", f"__{name}__", rf"is an unknown wildcard; {hint}\_ is a plain underscore")


def _lines_of(file: Path, name: str) -> Sequence[str]:
    """The lines of a file to choose from. Raises `InvalidRequest` for a file without any."""
    try:
        if (size := file.stat().st_size) > LARGEST_FILE:
            most = f"has {size} bytes; the most is {LARGEST_FILE // 2**20} MiB, split its file"
            raise ConfigurationError(f"wildcard {quote(name)} {most}")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"wildcard {quote(name)} cannot be read ({error}); save its file as UTF-8") from error
    stripped = (line.strip() for line in text.splitlines())
    lines = [line for line in stripped if line and not line.startswith("#")]
    if not lines:
        raise InvalidRequest("prompt", f"__{name}__", "is a wildcard without a line; write some into its file")
    return lines
