"""Flags for fields that hold several definitions: ``--denoiser NAME``, and behind it its parameters and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import click

from limner_sdk import Choice, Request

NONE: Final = "none"


def is_none(name: str) -> bool:
    """Whether somebody wants nothing here."""
    return name.strip().lower() == NONE


@dataclass
class Listed:
    """The definitions that flags chose for the field `target` of a request, in order; `word` is what the flags say.

    `changes` are parameters and pictures that were said before any definition was named.
    """

    word: str
    target: str
    chosen: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self.chosen or self.changes)

    def add(self, name: str) -> None:
        """Take one more definition in; parameters that follow are its own."""
        self.chosen.append({"name": name})

    def lead(self, name: str) -> None:
        """Put a definition before all others; what was said before any was named is its own."""
        self.chosen.insert(0, {"name": name, **self.changes})
        self.changes = {}

    def put(self, name: str, value: str) -> None:
        """Take a parameter in, or a picture by a name of the person's own."""
        target = self.chosen[-1] if self.chosen else self.changes
        head, _, rest = name.partition(".")
        if head == "picture" and rest:
            target.setdefault("pictures", {})[rest] = value
        else:
            target.setdefault("params", {})[name.replace("-", "_")] = value

    def value(self, base: Request | None) -> tuple[dict[str, Any], ...]:
        """What the field becomes, on top of `base`. Raises `click.UsageError` for what has nothing to belong to."""
        if self.changes:
            return (self._changed(() if base is None or self.chosen else getattr(base, self.target)),)
        return tuple(choice for choice in self.chosen if not is_none(choice["name"]))

    def _changed(self, before: Sequence[Choice]) -> dict[str, Any]:
        """The only definition of a recipe, with what was said to change of it."""
        if len(before) != 1:
            params = (name.replace("_", "-") for name in self.changes.get("params", ()))
            pictures = (f"picture.{name}" for name in self.changes.get("pictures", ()))
            raise homeless(self.word, next(chain(params, pictures)), [choice.name for choice in before])
        (choice,) = before
        return choice.model_dump() | {kind: {**getattr(choice, kind), **said} for kind, said in self.changes.items()}


def homeless(word: str, name: str, several: Sequence[str] = ()) -> click.UsageError:
    """The refusal of a parameter that belongs to nothing, or to one of `several` things."""
    where = f"could belong to {' or '.join(several)}" if several else "has nothing to belong to"
    return click.UsageError(f"--{word}.{name} {where}; write --{word} NAME before it")
