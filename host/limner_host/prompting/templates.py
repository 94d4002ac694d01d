"""Templates: where a prompt leaves something open, ``{a|b}`` and ``__name__``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, TypeAlias

_PIECES: Final = re.compile(
    r"(?P<text>\\.)|__(?=[^\W_]|\.{0,2}/)(?P<name>[\w./-]+?)__|(?P<mark>[{}|])|(?P<plain>[^\\{}|_]+|.)", re.DOTALL
)
_COUNT: Final = re.compile(r"\s*([0-9]{1,3})(?:-([0-9]{1,3}))?\$\$(?:([^$]*)\$\$)?")
_SHARE: Final = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})::")


@dataclass(frozen=True, eq=False)
class Choice:
    """From `low` to `high` of the options, each as likely as its share says."""

    options: Sequence[Sequence[Node]]
    shares: Sequence[float]
    low: int = 1
    high: int = 1
    joint: str = ", "

    @property
    def ranges(self) -> bool:
        """Whether it is left open how many are taken."""
        return self.low < self.high


@dataclass(frozen=True)
class Wildcard:
    """A file to choose a line from."""

    name: str


Node: TypeAlias = str | Choice | Wildcard


@dataclass
class _Open:
    """A brace that is not closed yet."""

    options: list[list[Node]] = field(default_factory=lambda: [[]])

    def as_text(self) -> list[Node]:
        nodes: list[Node] = ["{", *self.options[0]]
        for option in self.options[1:]:
            nodes += ["|", *option]
        return nodes


def parsed(template: str) -> Sequence[Node]:
    """The template's texts, choices and wildcards. Braces without a partner, and empty ones, are text."""
    stack = [_Open()]
    for piece in _PIECES.finditer(template):
        mark, inside = piece["mark"], len(stack) > 1
        if mark == "{":
            stack.append(_Open())
        elif mark == "}" and inside:
            closed = stack.pop()
            stack[-1].options[-1].append("{}" if closed.options == [[]] else _choice(closed))
        elif mark == "|" and inside:
            stack[-1].options.append([])
        else:
            stack[-1].options[-1].append(Wildcard(piece["name"]) if piece["name"] else piece[0])
    return _flat(stack)


def _flat(stack: list[_Open]) -> Sequence[Node]:
    """What is left when the template ends: braces that were never closed are ordinary text."""
    nodes = list(stack[0].options[0])
    for opened in stack[1:]:
        nodes += opened.as_text()
    return nodes


def _choice(closed: _Open) -> Choice:
    """What a closed brace means: its options without the counts and shares that are written in front of them."""
    options = [_joined(option) for option in closed.options]
    count = _COUNT.match(_start(options[0]))
    if count:
        options[0] = [_start(options[0])[count.end() :], *options[0][1:]]
    shares = [_SHARE.match(_start(option)) for option in options]
    texts = [_without(option, share) for option, share in zip(options, shares, strict=True)]
    low, high = sorted((int(count[1]), int(count[2] or count[1]))) if count else (1, 1)
    joint = count[3] if count and count[3] is not None else ", "
    return Choice(texts, [float(share[1]) if share else 1.0 for share in shares], low, high, joint)


def _joined(option: Sequence[Node]) -> list[Node]:
    """Neighbouring texts as one, so that what is written at the beginning of an option is in its first."""
    nodes: list[Node] = []
    for is_text, together in groupby(option, lambda node: isinstance(node, str)):
        run = list(together)
        nodes += ["".join(text for text in run if isinstance(text, str))] if is_text else run
    return nodes


def _start(option: Sequence[Node]) -> str:
    return option[0] if option and isinstance(option[0], str) else ""


def _without(option: Sequence[Node], head: re.Match[str] | None) -> Sequence[Node]:
    return option if head is None else [_start(option)[head.end() :], *option[1:]]
