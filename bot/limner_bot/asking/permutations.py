"""Permutations: ``a {red, green} cat`` asks for two prompts. Counted before any is written down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from limner_bot.words import Mistake
from limner_sdk.request import LONGEST_PROMPT

_PIECES: Final = re.compile(r"\\.|[{}()\[\],|]", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_OPENS: Final = {")": "(", "]": "["}
#: How a choice of the prompt language begins that has a count or a share, and so is no list.
_CHOICE: Final = re.compile(r"\s*(?:[0-9]{1,3}(?:-[0-9]{1,3})?\$\$|(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})::)")
#: Numbers beyond this one are told by their length.
_COUNTABLE: Final = 10**9


@dataclass
class _Bracket:
    """A bracket of any kind that is closed somewhere, and what divides its inside."""

    start: int
    end: int
    commas: list[int] = field(default_factory=list)
    has_bar: bool = False

    def is_list(self, text: str) -> bool:
        """Whether it is a permutation, and none of the choices that the host makes by the seed."""
        is_divided = text[self.start] == "{" and bool(self.commas) and not self.has_bar
        return is_divided and not _CHOICE.match(text, self.start + 1)


@dataclass
class _Open:
    """What a list has come to so far: alternatives that are complete, and the ways in which the last one begins."""

    done: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=lambda: [""])

    def close(self) -> list[str]:
        """All alternatives, the last one included."""
        self.done += [text.strip() for text in self.begun]
        self.begun = [""]
        return self.done


def expand(text: str, most: int) -> list[str]:
    r"""The texts that a text with lists stands for, those of the first list changing last.

    ``{a, b}`` is a list; lists multiply, may stand in each other, and in braces of any other kind. An alternative may
    be empty, and spaces around it do not count. Braces without a comma of their own, or with a bar, are the prompt
    language's and stay; so do ``\{`` and ``\}``. A comma in round or square brackets belongs to them, and ``\,`` is a
    comma inside a list.

    Raises `InvalidRequest` for more than `most` texts, and for a text of more than 6000 characters.
    """
    if len(text) > LONGEST_PROMPT:
        raise Mistake("prompt", text, "mistake-too-long", max_length=str(LONGEST_PROMPT))
    marks = _marks(text)
    if not marks:
        return [text]
    many = _counted(text, marks)
    if many > most:
        raise Mistake("prompt", text, "mistake-lists-too-many", count=_told(many), most=str(most))
    return _written(text, marks)


def _marks(text: str) -> list[int]:
    """Where braces and commas of lists stand."""
    lists = [bracket for bracket in _brackets(text) if bracket.is_list(text)]
    return sorted(at for found in lists for at in (found.start, *found.commas, found.end))


def _brackets(text: str) -> Iterator[_Bracket]:
    ends = _partners(text)
    inside: list[_Bracket] = []
    for piece in _PIECES.finditer(text):
        at, mark = piece.start(), piece[0]
        if at in ends:
            inside.append(_Bracket(at, ends[at]))
        elif inside and at == inside[-1].end:
            yield inside.pop()
        elif inside and mark == ",":
            inside[-1].commas.append(at)
        elif inside and mark == "|":
            inside[-1].has_bar = True


def _partners(text: str) -> dict[int, int]:
    """Where each bracket ends that has a partner. A brace ends what was left open inside it."""
    partners, waiting, braces = dict[int, int](), list[int](), 0
    for piece in _PIECES.finditer(text):
        at, mark = piece.start(), piece[0]
        if mark in "{([":
            waiting.append(at)
            braces += mark == "{"
        elif mark == "}" and braces:
            while text[waiting[-1]] != "{":
                waiting.pop()
            partners[waiting.pop()] = at
            braces -= 1
        elif waiting and text[waiting[-1]] == _OPENS.get(mark):
            partners[waiting.pop()] = at
    return partners


def _counted(text: str, marks: Sequence[int]) -> int:
    """How many texts there are."""
    stack = [(0, 1)]
    for at in marks:
        done, begun = stack.pop()
        if text[at] == "{":
            stack += [(done, begun), (0, 1)]
        elif text[at] == ",":
            stack.append((done + begun, 1))
        else:
            before, outside = stack.pop()
            stack.append((before, outside * (done + begun)))
    return stack[0][1]


def _written(text: str, marks: Sequence[int]) -> list[str]:
    stack = [_Open([], [text[: marks[0]]])]
    for at, following in pairwise([*marks, len(text)]):
        if text[at] == "{":
            stack.append(_Open())
        elif text[at] == ",":
            stack[-1].close()
        else:
            ways = stack.pop().close()
            stack[-1].begun = [before + way for before in stack[-1].begun for way in ways]
        plain = text[at + 1 : following] if len(stack) == 1 else _ESCAPED.sub(_comma, text[at + 1 : following])
        stack[-1].begun = [before + plain for before in stack[-1].begun]
    return stack[0].close()


def _comma(found: re.Match[str]) -> str:
    """What a backslash and a character mean inside a list; all but a comma is for the host to read."""
    return "," if found[1] == "," else found[0]


def _told(many: int) -> str:
    return str(many) if many <= _COUNTABLE else f"~10^{len(str(many)) - 1}"
