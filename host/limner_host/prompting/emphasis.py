"""Emphasis: a prompt in round and square brackets becomes spans of text, each with its weight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from limner_sdk import Span

#: What one pair of round brackets multiplies a weight by; square ones divide by it.
STEP: Final = 1.1
#: No weight is further from zero than this: half precision has no room for more.
LARGEST_WEIGHT: Final = 100.0
#: A backslash makes an ordinary character of each of these, wherever a prompt is read.
ESCAPABLE: Final = r"\\()\[\]{}|:_<>"

_WEIGHT: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_PIECES: Final = re.compile(
    rf"(?P<escaped>\\[{ESCAPABLE}])|(?P<weight>:\s*(?P<number>{_WEIGHT})\s*\))|(?P<bracket>[()\[\]])|"
    r"(?P<text>[^\\()\[\]:]+|.)",
    re.DOTALL,
)
_BREAK: Final = re.compile(r"\bBREAK\b")


def spans_of(text: str) -> tuple[Span, ...]:
    r"""The spans of a prompt, at least one; neighbours of equal weight are one span.

    ``(x)`` multiplies the weight by 1.1, ``[x]`` divides by 1.1, ``(x:1.3)`` multiplies by 1.3, brackets inside
    brackets multiply once more. A bracket that is never closed reaches to the end; one that was never opened is text.
    Weights end at ±100. ``BREAK`` begins a new chunk, and ``\(`` is an ordinary bracket.
    """
    pieces = list(_PIECES.finditer(text))
    factors = _factors(pieces)
    return _merged(_weighted(pieces, factors))


def _factors(pieces: list[re.Match[str]]) -> dict[int, float | None]:
    """What each working bracket does, by its place: the factor of an opening one, None for a closing one."""
    factors: dict[int, float | None] = {}
    opened: dict[str, list[int]] = {"(": [], "[": []}
    for at, piece in enumerate(pieces):
        kind = _kind(piece)
        if kind in opened:
            factors[at] = _usual(kind)
            opened[kind].append(at)
        elif kind and opened[_OPENING[kind]]:
            begin = opened[_OPENING[kind]].pop()
            factors[at] = None
            factors[begin] = float(piece["number"]) if kind == ":" else _usual(_OPENING[kind])
    return factors


_OPENING: Final = {")": "(", "]": "[", ":": "("}


def _kind(piece: re.Match[str]) -> str:
    """The bracket, ``:`` for one that closes with a weight, empty for anything else."""
    return ":" if piece["weight"] else piece["bracket"] or ""


def _usual(opening: str) -> float:
    return STEP if opening == "(" else 1 / STEP


@dataclass
class _Depth:
    """The weights of the brackets of one kind that are open; each holds for all inside."""

    weights: list[float] = field(default_factory=lambda: [1.0])

    def open(self, factor: float) -> None:
        self.weights.append(_bounded(self.weights[-1] * factor))

    def close(self) -> None:
        self.weights.pop()


def _weighted(pieces: list[re.Match[str]], factors: dict[int, float | None]) -> Iterator[Span]:
    """Spans as they come. Brackets of the two kinds may overlap, so each kind is counted by itself."""
    depths = {"(": _Depth(), "[": _Depth()}
    for at, piece in enumerate(pieces):
        kind = _kind(piece)
        if at not in factors:
            yield from _texts(piece, _bounded(depths["("].weights[-1] * depths["["].weights[-1]))
        elif (factor := factors[at]) is None:
            depths[_OPENING[kind]].close()
        else:
            depths[kind].open(factor)


def _texts(piece: re.Match[str], weight: float) -> Iterator[Span]:
    if piece["escaped"]:
        yield Span(piece["escaped"][1:], weight)
        return
    parts = _BREAK.split(piece[0])
    for at, part in enumerate(parts):
        before, after = at > 0, at < len(parts) - 1
        stripped = part.lstrip() if before else part
        yield Span(stripped.rstrip() if after else stripped, weight, breaks=before)


def _merged(spans: Iterator[Span]) -> tuple[Span, ...]:
    merged: list[tuple[list[str], float, bool]] = []
    for span in spans:
        if merged and not span.breaks and (merged[-1][1] == span.weight or not span.text):
            merged[-1][0].append(span.text)
        elif span.text or span.breaks:
            merged.append(([span.text], span.weight, span.breaks))
    return tuple(Span("".join(texts), weight, breaks) for texts, weight, breaks in merged) or (Span(""),)


def _bounded(weight: float) -> float:
    return min(max(weight, -LARGEST_WEIGHT), LARGEST_WEIGHT)
