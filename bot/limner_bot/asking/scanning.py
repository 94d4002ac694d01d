"""Scanning: where flags stand in a text, and how far what they say reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from limner_bot.words import Mistake

#: Telephones make one long dash of two short ones.
_MARK: Final = re.compile(
    r"(?<!\S)(?P<plain>\\)?(?:(?P<dash>--|[–—―])(?P<word>[^\W\d_][\w-]*)|(?P<short>-r)(?=[\s=]+\d))"
)
_LITERAL: Final = re.compile(r"(?<!\S)\\(?=--|[–—―]|-r\b)")
_GAP: Final = re.compile(r"\s*=?\s*")
_COMMA: Final = re.compile(r"\s*,\s*")
#: A comma behind a word is the prompt's own.
_WORD: Final = re.compile(r"\S+?(?=,?(?:\s|\Z))")
#: A name, with spaces and commas only in round brackets, which may hold a pair of them.
_ITEM: Final = re.compile(r"(?:[^\s,(]|\((?:[^()]|\([^()]*+\))*+\)|\()++")
_OPENING: Final = ('"', "“", "„", "”")
_QUOTED: Final = re.compile(r'["“„”]([^"“”]*+)["“”]')

#: What was said, piece by piece, and where the text goes on.
Taken: TypeAlias = tuple[list[str], int]
Take: TypeAlias = Callable[[str, int, Collection[str]], Taken]


def next_flag(text: str, start: int, known: Collection[str]) -> re.Match[str] | None:
    r"""The first flag from `start` on. Behind a long dash only `known` words are flags: it is a sign of its own."""
    return next((found for found in _MARK.finditer(text, start) if _is_flag(found, known)), None)


def _is_flag(found: re.Match[str], known: Collection[str]) -> bool:
    return found["plain"] is None and (found["dash"] in ("--", None) or word_of(found) in known)


def word_of(found: re.Match[str]) -> str:
    """The word of a flag, without dashes."""
    return str(found["word"] or "r").casefold()


def said_by(text: str, flag: re.Match[str], take: Take, known: Collection[str]) -> Taken:
    """What is said behind a flag; nothing if the text ends there, or another flag begins."""
    start = _end(_GAP, text, flag.end())
    if take is nothing or start == len(text) or _begins(text, start, known):
        return [], flag.end()
    return take(text, start, known)


def nothing(text: str, start: int, known: Collection[str]) -> Taken:
    """For a flag that stands alone."""
    return [], start


def one(text: str, start: int, known: Collection[str]) -> Taken:
    """A word, or what stands in double quotes. Raises `InvalidRequest` for quotes that are not closed."""
    return _unit(_WORD, text, start)


def several(text: str, start: int, known: Collection[str]) -> Taken:
    """Names with commas between them; spaces only in quotes and brackets. Raises `InvalidRequest` as `one` does."""
    items, at, goes_on = list[str](), start, True
    while goes_on and at < len(text) and text[at] != "," and not _begins(text, at, known):
        found, end = _unit(_ITEM, text, at)
        items, at = items + found, _end(_COMMA, text, end)
        goes_on = at > end
    return items, at


def rest(text: str, start: int, known: Collection[str]) -> Taken:
    """Everything up to the next flag; what is quoted ends with its quotes, unless a comma follows."""
    items, at = list[str](), start
    while text.startswith(_OPENING, at):
        found, end = _unit(_WORD, text, at)
        items, at = items + found, _end(_COMMA, text, end)
        if at == end:
            return [", ".join(items)], end
    following = next_flag(text, at, known)
    end = following.start() if following else len(text)
    return [", ".join([*items, *filter(None, [text[at:end].strip(" ,\n\t")])])], end


def unescaped(text: str) -> str:
    r"""The text with ``\--`` as it is meant."""
    return _LITERAL.sub("", text)


def _begins(text: str, at: int, known: Collection[str]) -> bool:
    found = _MARK.match(text, at)
    return found is not None and _is_flag(found, known)


def _unit(plain: re.Pattern[str], text: str, at: int) -> Taken:
    """What stands in double quotes at a place, or else what is found there."""
    is_quoted = text.startswith(_OPENING, at)
    found = (_QUOTED if is_quoted else plain).match(text, at)
    if found is None:
        raise Mistake("prompt", text[at:], "mistake-open-quotes")
    return [found[1] if is_quoted else found[0]], found.end()


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
