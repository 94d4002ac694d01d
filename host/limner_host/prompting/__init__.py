"""The language of prompts: what people write, and what a model is told at each step.

A prompt goes through it in this order: `Styles.applied`, `filled`, `networks_of`, `timeline`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from limner_sdk import Span

from .composition import Part, parts_of
from .editing import Phase, phases_of
from .emphasis import spans_of
from .networks import LoraTag, networks_of, without_networks
from .styles import Style, Styles
from .wildcards import Wildcards, filled

__all__ = [
    "LoraTag",
    "Moment",
    "Part",
    "Phase",
    "Style",
    "Styles",
    "Wildcards",
    "filled",
    "networks_of",
    "parts_of",
    "phases_of",
    "spans_of",
    "timeline",
    "without_networks",
]


@dataclass(frozen=True)
class Moment:
    """What is said at all steps, counted from zero, up to and including `last_step`: spans, and how strongly."""

    last_step: int
    parts: tuple[tuple[tuple[Span, ...], float], ...]


def timeline(prompt: str, steps: int, *, composed: bool = True, first_pass: int | None = None) -> tuple[Moment, ...]:
    """What a prompt without tags says during a picture of `steps` steps; the last moment's last step is `steps`.

    A negative prompt is not `composed`: there is only one, and ``AND`` is a word in it. `first_pass` is that of
    `phases_of`. Each moment has the same number of parts, of the same weights.
    """
    parts = parts_of(prompt) if composed else (Part(prompt),)
    phases = [phases_of(part.text, steps, first_pass) for part in parts]
    spans = lru_cache(maxsize=None)(spans_of)
    ends = sorted({phase.last_step for each in phases for phase in each})
    return tuple(
        Moment(end, tuple((spans(_text_at(each, end)), part.weight) for each, part in zip(phases, parts, strict=True)))
        for end in ends
    )


def _text_at(phases: tuple[Phase, ...], step: int) -> str:
    return next(phase.text for phase in phases if step <= phase.last_step)
