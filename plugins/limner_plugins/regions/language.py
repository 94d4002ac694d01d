"""The language of regions: one a line, or with a semicolon between, each ``place and options | prompt | negative``.

::

    left | a red circle
    50% 0 50% 100%  weight=2 seed=7 | a blue star | blurry
    mask=sky kind=foreground feather=0.5 | a moon [at dusk|at night]

A place is left, right, top, bottom, all, or four lengths (left edge, upper edge, width, height) in pixels or percent;
``mask=NAME`` instead names a picture that is white where the region is. A bar inside [ ] or { }, or behind a
backslash, belongs to the prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from limner_sdk import InvalidRequest, Params, param

MOST_REGIONS: Final = 16
#: By how much, as a share of the picture, rounded places may leave it: what is past the edge is cut off.
SLACK: Final = 1e-4

Kind: TypeAlias = Literal["background", "foreground"]

_BREAK: Final = re.compile(r"[;\r\n]")
_BAR: Final = re.compile(r"(?<!\\)\|(?![^\[\]{}]*[\]}])")
_LENGTH: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(%|px)?")
#: What is settled for all of a picture before anything is drawn, and so has no place in a region's prompt.
_NETWORK: Final = re.compile(r"(?<!\\)<\s*(?:lora|lyco)\b", re.IGNORECASE)
_CHANCE: Final = re.compile(r"(?<!\\)\{[^{}]*[|$]|__[^\s_][^\s]*__")


class Length(NamedTuple):
    """A length along one axis of the picture, in pixels or in percent of it."""

    value: float
    percent: bool

    def pixels(self, whole: int) -> float:
        """The length in pixels where the picture has `whole` of them."""
        return self.value * whole / 100 if self.percent else self.value


class Rectangle(NamedTuple):
    """Where a region is, from the left upper corner of the picture."""

    left: Length
    top: Length
    width: Length
    height: Length


class Options(Params):
    """What may be set about a region, in front of its prompt."""

    weight: float = param(1.0, "Its say where regions of its kind overlap.", ge=0.01, le=100)
    feather: float | None = param(None, "The share of half its shorter side in which it fades in.", ge=0, le=1)
    seed: int | None = param(None, "What its noise comes from, whatever the picture's seed.", ge=0, le=2**32 - 1)
    kind: Kind = param("background", "Foregrounds are laid upon backgrounds.")
    mask: str | None = param(None, "The name of the picture that is white where it is.", max_length=100)


@dataclass(frozen=True)
class Region:
    """One region as it was written: its line, its rectangle (None for one with a mask), its words and its options."""

    line: str
    rectangle: Rectangle | None
    prompt: str
    negative: str | None
    options: Options

    @property
    def feather(self) -> float:
        """How soft its edge is: foregrounds fade in unless they say otherwise, backgrounds meet sharply."""
        usual = 0.2 if self.options.kind == "foreground" else 0.0
        return usual if self.options.feather is None else self.options.feather


def regions_of(text: str) -> tuple[Region, ...]:
    """The regions in the order in which they are written.

    Raises `ValueError` for what cannot be read, with a remedy that quotes the line.
    """
    lines = [line.strip() for line in _BREAK.split(text) if line.strip()]
    if len(lines) > MOST_REGIONS:
        raise ValueError(f"has {len(lines)} regions; the most is {MOST_REGIONS}")
    return tuple(_numbered(number, line) for number, line in enumerate(lines, 1))


def _numbered(number: int, line: str) -> Region:
    try:
        return _region(line)
    except ValueError as error:
        raise ValueError(f"cannot be read: region {number}, {_short(line)!r}, {error}") from None


def _short(line: str) -> str:
    return line if len(line) <= 60 else f"{line[:59]}…"


def _region(line: str) -> Region:
    head, *texts = (part.strip() for part in _BAR.split(line))
    if not texts or not texts[0]:
        raise ValueError("says not what to draw; write place | prompt, such as left | a red circle")
    if len(texts) > 2:
        raise ValueError(f"has {len(texts) + 1} parts; write place | prompt | negative")
    if any(map(_NETWORK.search, texts)):
        raise ValueError("names a LoRA, which only all of a picture can have; name it in the picture's own prompt")
    if any(map(_CHANCE.search, texts)):
        raise ValueError("leaves something to chance, which only the picture's own prompt can; say what to draw")
    words, options = _head(head)
    rectangle = _rectangle(words, options.mask)
    return Region(line, rectangle, texts[0], "".join(texts[1:]) or None, options)


def _head(head: str) -> tuple[list[str], Options]:
    """The words of the place, and the options."""
    words, values = [], {}
    for word in re.sub(r"\s*=\s*", "=", head.replace(",", " ")).split():
        name, is_option, value = word.partition("=")
        if not is_option:
            words.append(word)
        elif name not in Options.model_fields or name in values:
            raise ValueError(f"sets {name!r} {_wrongly(name)}")
        else:
            values[name] = value
    try:
        return words, Options.parse(values)
    except InvalidRequest as error:
        raise ValueError(f"has a wrong option: {error}") from None


def _wrongly(name: str) -> str:
    known = ", ".join(Options.model_fields)
    return "twice; set it once" if name in Options.model_fields else f"which is no option; there are {known}"


def _rectangle(words: list[str], mask: str | None) -> Rectangle | None:
    if mask is not None:
        if words:
            raise ValueError(f"has the mask {mask!r} and the place {' '.join(words)!r}; give one of them")
        return None
    if len(words) == 1 and (named := _NAMED.get(words[0].casefold())):
        return named
    lengths = [length for word in words if (length := _length(word))]
    if len(lengths) != 4 or len(words) != 4:
        found = f"the place {' '.join(words)!r}" if words else "no place"
        raise ValueError(f"has {found}; write {', '.join(_NAMED)}, mask=NAME, or four lengths: 0 0 50% 100%")
    return _checked(Rectangle(*lengths))


def _length(word: str) -> Length | None:
    found = _LENGTH.fullmatch(word)
    return Length(float(found[1]), found[2] == "%") if found else None


def _checked(place: Rectangle) -> Rectangle:
    """`place`, if it has a size and its percents stay within the picture; what pixels do is only known there."""
    for start, length, axis in ((place.left, place.width, "wide"), (place.top, place.height, "high")):
        if length.value == 0:
            raise ValueError(f"is 0 {axis}; give it a size, such as 50%")
        reach = sum(each.value for each in (start, length) if each.percent)
        if reach > 100 * (1 + SLACK):
            raise ValueError(f"reaches to {reach:g}% of the picture and so leaves it; end at 100%")
    if not any(each.percent or each.value > 1 for each in place):
        shares = " ".join(f"{100 * each.value:g}%" for each in place)
        raise ValueError(f"is no larger than one pixel; if shares of the picture are meant, write {shares}")
    return place


def _halves(left: int, top: int, width: int, height: int) -> Rectangle:
    return Rectangle(*(Length(float(value), True) for value in (left, top, width, height)))


_NAMED: Final = {
    "left": _halves(0, 0, 50, 100),
    "right": _halves(50, 0, 50, 100),
    "top": _halves(0, 0, 100, 50),
    "bottom": _halves(0, 50, 100, 50),
    "all": _halves(0, 0, 100, 100),
}
