"""Suggestions: what fits best of what somebody types, best first. From names alone, so it takes no time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final, TypeAlias

from limner_bot.talking.harmless import label

#: What Discord shows at once, and how long names and values may be.
MOST: Final = 25
LONGEST: Final = 100
#: Label and value.
Entry: TypeAlias = tuple[str, str]

#: Guessing costs a comparison for each entry: it is left out where enough is found, and beyond so many entries.
_ENOUGH, _MOST_GUESSED = 5, 500
_LEAST_GUESSED: Final = 3
_ALIKE: Final = 0.7
_GAPS: Final = re.compile(r"[\W_]+")
_EXACT, _BEGINS, _WORD_BEGINS, _INSIDE = range(4)


def ranked(typed: str, entries: Iterable[Entry], most: int = MOST) -> list[Entry]:
    """Entries that fit: those that are so called, then those that begin so, those with a word that begins so, those
    that hold it, and those that are only alike. Nothing typed fits everything. The order is kept otherwise."""
    wanted, offered = folded(typed[:LONGEST]), [entry for entry in entries if 0 < len(entry[1]) <= LONGEST]
    found = [(rank, entry) for entry in offered if (rank := _rank(wanted, entry)) is not None]
    found.sort(key=lambda pair: pair[0])
    best = [entry for _, entry in found[:most]]
    if len(best) < min(_ENOUGH, most) and len(wanted) >= _LEAST_GUESSED:
        best += _alike(wanted, [entry for entry in offered[:_MOST_GUESSED] if entry not in best], most - len(best))
    return [(label(text, LONGEST) or value, value) for text, value in best]


def _rank(wanted: str, entry: Entry) -> int | None:
    names = _names(entry)
    if wanted in names:
        return _EXACT
    if any(name.startswith(wanted) for name in names):
        return _BEGINS
    if any(f" {wanted}" in name for name in names):
        return _WORD_BEGINS
    return _INSIDE if any(wanted in name for name in names) else None


def _alike(wanted: str, entries: Sequence[Entry], most: int) -> Iterator[Entry]:
    """Entries of which the beginning, or a word, is about what was typed, the most alike first."""
    matcher = SequenceMatcher(b=wanted)

    def likeness(text: str) -> float:
        matcher.set_seq1(text)
        return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE <= matcher.quick_ratio() else 0.0

    def best(entry: Entry) -> float:
        parts = {part for name in _names(entry) for part in (name[: len(wanted) + 1], *name.split())}
        return max(map(likeness, parts), default=0.0)

    scored = [(best(entry), entry) for entry in entries]
    close = sorted((pair for pair in scored if pair[0] >= _ALIKE), key=lambda pair: -pair[0])
    yield from (entry for _, entry in close[:most])


def _names(entry: Entry) -> tuple[str, ...]:
    """What an entry may be called: its label, its full id, and the short name in that."""
    text, value = entry
    return folded(text), folded(value), folded(value.rpartition(":")[2])


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """A name however it is typed: case, hyphens, underscores and spaces do not count, and DPM++ is dpmpp."""
    return _GAPS.sub(" ", text.casefold().replace("+", "p")).strip()
