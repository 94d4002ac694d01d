"""The grammar of A1111's infotext: a prompt, a negative prompt, and one last line of settings.

::

    text  = prompt [ "\\nNegative prompt: " negative ] "\\n" pair ("," " " pair)*
    pair  = key ": " value            a key has two characters or more
    value = a JSON string | a JSON list or object | anything without a comma

The format loses a prompt that has a line beginning with "Negative prompt:". Ours are written with a space before it,
which the reader takes away again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Final

NEGATIVE: Final = "Negative prompt:"
#: Fewer pairs than this are words of the prompt.
FEWEST_PAIRS: Final = 3
_KEY: Final = re.compile(r"\s*(\w[\w /-]{1,60}):[ \t]*")
_STUFFED: Final = re.compile(rf"^ (?= *{NEGATIVE})", re.MULTILINE)
_TO_STUFF: Final = re.compile(rf"^(?= *{NEGATIVE})", re.MULTILINE)
#: An object without others in it, which some print otherwise than JSON does.
_OBJECT: Final = re.compile(r"\{[^{}]*\}")
_LINE_BREAK: Final = re.compile(r"\r\n?")


@dataclass(frozen=True)
class Infotext:
    """An infotext, taken apart. `settings` keeps each value as a text, unquoted."""

    prompt: str
    negative: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def composed(prompt: str, negative: str, settings: Iterable[tuple[str, str]]) -> str:
    """An infotext that `parsed` gives back. White space around the prompts is lost; empty values are left out."""
    lines = [_TO_STUFF.sub(" ", _unix(prompt.strip()))]
    if negative.strip():
        lines.append(f"{NEGATIVE} {_unix(negative.strip())}")
    lines.append(", ".join(f"{key}: {quoted(value)}" for key, value in settings if value))
    return "\n".join(lines)


def continued(text: str, settings: Iterable[tuple[str, str]]) -> str:
    """An infotext that has settings, as it stands there, with more of them behind."""
    return ", ".join([text.rstrip(" ,\r\n"), *(f"{key}: {quoted(value)}" for key, value in settings if value)])


def parsed(text: str) -> Infotext:
    """Take any text apart; one without settings is all prompt. Takes time in proportion to its length."""
    body, _, last = _unix(text).rstrip().rpartition("\n")
    pairs = list(pairs_of(last))
    if len(pairs) < FEWEST_PAIRS:
        body, pairs = f"{body}\n{last}", []
    prompt, negative = _prompts(body)
    return Infotext(prompt, negative, dict(pairs))


def _prompts(body: str) -> tuple[str, str]:
    prompt, found, negative = f"\n{body}".partition(f"\n{NEGATIVE}")
    return _STUFFED.sub("", prompt.removeprefix("\n")).strip(), negative.strip() if found else ""


def _unix(text: str) -> str:
    return _LINE_BREAK.sub("\n", text)


def quoted(value: str) -> str:
    """The value as a JSON string if it would otherwise be taken apart, or change."""
    if value != value.strip() or any(sign in value for sign in ',:\r\n"'):
        return json.dumps(value, ensure_ascii=False)
    return value


def pairs_of(line: str) -> Iterator[tuple[str, str]]:
    """The pairs of a line of settings; parts between commas that are no pair are passed over."""
    place = 0
    while place < len(line):
        key = _KEY.match(line, place)
        if key:
            value, place = _value(line, key.end())
            if value:
                yield key[1].strip(), value
        else:
            place = _next_comma(line, place)
        place += 1


def _value(line: str, place: int) -> tuple[str, int]:
    """The value that begins at `place`, and where it ends: at a comma or at the end of the line."""
    if line[place : place + 1] in ('"', "[", "{"):
        try:
            value, end = JSONDecoder(strict=False).raw_decode(line, place)
        except (ValueError, RecursionError):
            found = _OBJECT.match(line, place)
            value, end = (found[0], found.end()) if found else (None, place)
        blank = len(line[end : _next_comma(line, end)].strip()) == 0
        if value is not None and blank:
            return (value if isinstance(value, str) else line[place:end]), _next_comma(line, end)
    end = _next_comma(line, place)
    return line[place:end].strip(), end


def _next_comma(line: str, place: int) -> int:
    found = line.find(",", place)
    return found if found >= 0 else len(line)
