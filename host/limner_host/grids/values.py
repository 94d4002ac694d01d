"""The grammar of an axis's values: lists with commas and quotes, and ranges of numbers.

Numbers are exact fractions until the end, so that a range never misses its last value and never goes beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from limner_sdk import InvalidRequest

MOST_VALUES: Final = 100

_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,"\s][^,]*)?)\s*(?:,|$)', re.DOTALL)
#: Twenty digits are enough for everybody, and keep a hostile number small.
_NUMBER = r"[+-]?(?:\d{1,20}(?:\.\d{1,20})?|\.\d{1,20})"
_PLAIN = re.compile(_NUMBER, re.ASCII)
_RANGES: Final = (
    re.compile(rf"(?P<first>{_NUMBER})\s*\.\.\s*(?P<last>{_NUMBER})\s*/\s*(?P<step>{_NUMBER})", re.ASCII),
    re.compile(rf"(?P<first>{_NUMBER})\s*\.\.\s*(?P<last>{_NUMBER})\s*[*×]\s*(?P<count>\d{{1,20}})", re.ASCII),
    re.compile(rf"(?P<first>{_NUMBER})\s*(?:\.\.|-)\s*(?P<last>{_NUMBER})", re.ASCII),
    re.compile(rf"(?P<first>{_NUMBER})\s*-\s*(?P<last>{_NUMBER})\s*\(\s*(?P<step>{_NUMBER})\s*\)", re.ASCII),
    re.compile(rf"(?P<first>{_NUMBER})\s*-\s*(?P<last>{_NUMBER})\s*\[\s*(?P<count>\d{{1,20}})\s*\]", re.ASCII),
)
_HOW: Final = "is no number or range; write it as 1, 2, 3 or 1..10 or 1..10/2 or 1..10*4"


@dataclass(frozen=True)
class Item:
    """One item of a list. What was `quoted` is text, whatever it looks like."""

    text: str
    quoted: bool = False


def items(axis: str, text: str) -> tuple[Item, ...]:
    """The items of a comma-separated list; double quotes protect commas, and blank items are dropped.

    Raises `InvalidRequest` for a list without items, and for a quote that is never closed.
    """
    found: list[Item] = []
    at = 0
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None or match.end() == at:
            raise InvalidRequest(axis, text[at:], 'has a stray quote; write quoted values as "one, two"')
        at = match.end()
        if match[1] is not None:
            found.append(Item(match[1].replace('""', '"'), quoted=True))
        elif match[2]:
            found.append(Item(match[2].strip()))
    if not found:
        raise InvalidRequest(axis, text, "has no values; write some, such as 1, 2, 3")
    return tuple(found)


def listed(texts: Sequence[str]) -> str:
    """The list that `items` reads back as `texts`."""
    return ", ".join(f'"{_doubled(text)}"' if _needs_quotes(text) else text for text in texts)


def _needs_quotes(text: str) -> bool:
    return not text or text != text.strip() or "," in text or text.startswith('"')


def _doubled(text: str) -> str:
    return text.replace('"', '""')


def whole_numbers(axis: str, text: str) -> tuple[int, ...]:
    """The whole numbers of a number or a range. Evenly spaced ones are cut off to whole ones, each kept once.

    Raises `InvalidRequest`.
    """
    match = _range(text)
    if match is not None and match.groupdict().get("count"):
        return tuple(dict.fromkeys(int(number) for number in _numbers(axis, text)))
    numbers = _numbers(axis, text)
    if any(number.denominator != 1 for number in numbers):
        raise InvalidRequest(axis, text, "needs whole numbers; leave out the fractions")
    return tuple(int(number) for number in numbers)


def numbers(axis: str, text: str) -> tuple[float, ...]:
    """The numbers of a number or a range. Raises `InvalidRequest`."""
    return tuple(float(number) for number in _numbers(axis, text))


def _range(text: str) -> re.Match[str] | None:
    return next((match for form in _RANGES if (match := form.fullmatch(text.strip()))), None)


def _numbers(axis: str, text: str) -> tuple[Fraction, ...]:
    if _PLAIN.fullmatch(text.strip()):
        return (Fraction(text.strip()),)
    match = _range(text)
    if match is None:
        raise InvalidRequest(axis, text, _HOW)
    first, last = Fraction(match["first"]), Fraction(match["last"])
    said = match.groupdict()
    if said.get("count"):
        return tuple(_spaced(first, last, _fitting(axis, text, int(said["count"]))))
    step = _step(axis, text, first, last, said.get("step") or "1")
    count = _fitting(axis, text, int((last - first) / step) + 1)
    return tuple(first + step * k for k in range(count))


def _step(axis: str, text: str, first: Fraction, last: Fraction, said: str) -> Fraction:
    """The step with the sign that leads from `first` to `last`; a written sign must agree."""
    step = Fraction(said)
    if step == 0:
        raise InvalidRequest(axis, text, "has a step of 0; write a larger one")
    if said[0] in "+-" and first != last and (step > 0) != (last > first):
        raise InvalidRequest(axis, text, "steps away from its end; turn the sign of the step round")
    return abs(step) if last >= first else -abs(step)


def _spaced(first: Fraction, last: Fraction, count: int) -> Iterator[Fraction]:
    """`count` evenly spaced numbers, both ends among them; a single one is `first`."""
    for k in range(count):
        yield first + (last - first) * k / max(1, count - 1)


def _fitting(axis: str, text: str, count: int) -> int:
    if count < 1:
        raise InvalidRequest(axis, text, "asks for no values at all; ask for 1 or more")
    if count > MOST_VALUES:
        raise InvalidRequest(axis, text, f"makes {count} values; the most on one axis is {MOST_VALUES}")
    return count
