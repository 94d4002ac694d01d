"""Editing: what a prompt says changes while the picture is drawn, ``[from:to:when]`` and ``[a|b]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

#: Pieces that mean something here; a backslash makes any character an ordinary one.
_PIECES: Final = re.compile(r"(?P<text>(?:[^\\()\[\]:|]|\\.)+|\\)|(?P<mark>[()\[\]:|])", re.DOTALL)
_WHEN: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*")


@dataclass(frozen=True)
class Phase:
    """What the prompt says at all steps, counted from zero, up to and including `last_step`."""

    last_step: int
    text: str


@dataclass(frozen=True, eq=False)
class _Group:
    """What stands in a bracket without a meaning here; copying it out of bracket after bracket would take too long."""

    nodes: Sequence[_Node]

    def at(self, step: int, clock: _Clock) -> Sequence[_Node]:
        return self.nodes

    def inside(self) -> Iterator[_Node]:
        yield from self.nodes

    def changes(self, clock: _Clock) -> Sequence[int]:
        return ()


@dataclass(frozen=True, eq=False)
class _Edit:
    """`before` up to and including a step, `after` from then on."""

    before: Sequence[_Node]
    after: Sequence[_Node]
    when: str

    def at(self, step: int, clock: _Clock) -> Sequence[_Node]:
        return self.before if step <= clock.step(self.when) else self.after

    def inside(self) -> Iterator[_Node]:
        yield from (*self.before, *self.after)

    def changes(self, clock: _Clock) -> Sequence[int]:
        return [clock.step(self.when)]


@dataclass(frozen=True, eq=False)
class _Turns:
    """One after the other, a step each."""

    options: Sequence[Sequence[_Node]]

    def at(self, step: int, clock: _Clock) -> Sequence[_Node]:
        return self.options[(step - 1) % len(self.options)]

    def inside(self) -> Iterator[_Node]:
        for option in self.options:
            yield from option

    def changes(self, clock: _Clock) -> Sequence[int]:
        return range(1, clock.steps + 1)


_Node: TypeAlias = str | _Group | _Edit | _Turns


@dataclass(frozen=True)
class _Clock:
    """Turns what people write as ``when`` into a step; `first_pass` steps lie before this pass."""

    steps: int
    first_pass: int | None

    def step(self, when: str) -> int:
        # A second pass goes on counting: shares from one to two are its own, whole numbers begin after the first pass.
        if "." in when:
            at = (float(when) - (self.first_pass is not None)) * self.steps
        else:
            at = float(when) - (self.first_pass or 0)
        return int(min(max(at, 0), self.steps))


def phases_of(prompt: str, steps: int, first_pass: int | None = None) -> tuple[Phase, ...]:
    """What a prompt says during a picture of `steps` steps, as A1111 has it; the last phase's last step is `steps`.

    ``[from:to:when]`` says `from` up to step `when`, counted from zero, and `to` after it; ``[to:when]`` and
    ``[from::when]`` leave one out. A `when` with a decimal point is a share of the steps. ``[a|b]`` says `a` at the
    steps 0 and 1 and then takes turns, beginning with `b`. Any other bracket is left for `spans_of`.

    In a second pass of `steps` steps, after `first_pass` others, shares from 1 to 2 and steps after `first_pass` count.
    """
    if "[" not in prompt:
        return (Phase(steps, prompt),)
    nodes, clock = _parsed(prompt), _Clock(steps, first_pass)
    phases: list[Phase] = []
    for last in _changes(nodes, clock):
        text = _text_at(nodes, last, clock)
        if phases and phases[-1].text == text:
            phases.pop()
        phases.append(Phase(last, text))
    return tuple(phases)


def _changes(nodes: Sequence[_Node], clock: _Clock) -> list[int]:
    """The last steps of all phases. Nesting is walked with a list, for it may be deeper than Python's own stack."""
    found, waiting = {clock.steps}, list(nodes)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, str):
            found.update(step for step in node.changes(clock) if step >= 1)
            waiting.extend(node.inside())
    return sorted(found)


def _text_at(nodes: Sequence[_Node], step: int, clock: _Clock) -> str:
    texts: list[str] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            texts.append(node)
        else:
            waiting.extend(reversed(node.at(step, clock)))
    return "".join(texts)


@dataclass
class _Open:
    """A bracket that is not closed yet: its parts, and the marks between them."""

    bracket: str
    parts: list[list[_Node]] = field(default_factory=lambda: [[]])
    marks: list[str] = field(default_factory=list)

    def add(self, node: _Node) -> None:
        self.parts[-1].append(node)

    def divide(self, mark: str) -> None:
        self.marks.append(mark)
        self.parts.append([])

    def as_text(self, end: str = "") -> Iterator[_Node]:
        """The bracket as ordinary text; what is inside keeps its meaning."""
        yield self.bracket
        for part, mark in zip(self.parts, [*self.marks, end], strict=True):
            yield from part
            yield mark


def _parsed(prompt: str) -> Sequence[_Node]:
    everything = _Open("")
    stack, squares = [everything], 0
    for piece in _PIECES.finditer(prompt):
        mark = piece["mark"]
        if mark == "]" and squares:
            squares -= 1
            _close_square(stack)
        elif mark == ")" and stack[-1].bracket == "(":
            _flatten(stack, mark)
        elif mark in ("(", "["):
            squares += mark == "["
            stack.append(_Open(mark))
        elif mark in (":", "|") and len(stack) > 1:
            stack[-1].divide(mark)
        else:
            stack[-1].add(piece[0])
    while len(stack) > 1:
        _flatten(stack)
    return everything.parts[0]


def _flatten(stack: list[_Open], end: str = "") -> None:
    innermost = stack.pop()
    stack[-1].add(_Group(list(innermost.as_text(end))))


def _close_square(stack: list[_Open]) -> None:
    """Close the innermost square bracket; round ones inside that are still open are ordinary text."""
    while stack[-1].bracket != "[":
        _flatten(stack)
    meaning = _meaning(stack[-1])
    if meaning is None:
        _flatten(stack, "]")
    else:
        stack.pop()
        stack[-1].add(meaning)


def _meaning(square: _Open) -> _Node | None:
    if square.marks and set(square.marks) == {"|"}:
        return _Turns(square.parts)
    last = square.parts[-1]
    when = _WHEN.fullmatch(last[0]) if len(last) == 1 and isinstance(last[0], str) else None
    if when is None or square.marks not in ([":"], [":", ":"]):
        return None
    before = square.parts[0] if len(square.parts) == 3 else []
    return _Edit(before, square.parts[-2], when[1])
