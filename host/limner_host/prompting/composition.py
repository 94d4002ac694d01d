"""Composition: several prompts at once, ``a :1.2 AND b :0.5`` (arXiv:2206.01714)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from limner_sdk import InvalidRequest

from .emphasis import LARGEST_WEIGHT

#: Each part costs a call of the network at every step.
MOST_PARTS: Final = 16

_AND: Final = re.compile(r"\bAND\b")
_WEIGHT: Final = re.compile(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\Z")


@dataclass(frozen=True)
class Part:
    """One of the prompts that are composed, and how strongly it pulls."""

    text: str
    weight: float = 1.0


def parts_of(text: str) -> tuple[Part, ...]:
    """The prompts between each ``AND``, a word of its own in capitals; empty ones are left out, but for a last one.

    A number after a colon at the end of a part is its weight, up to ±100. A prompt without ``AND`` is taken as it is.
    Raises `InvalidRequest` for more than 16.
    """
    texts = _AND.split(text)
    if len(texts) == 1:
        return (Part(text),)
    parts = tuple(part for part in (_part(each.strip()) for each in texts) if part.text)
    if len(parts) > MOST_PARTS:
        raise InvalidRequest("prompt", text, f"composes {len(parts)} prompts with AND; the most is {MOST_PARTS}")
    return parts or (Part(""),)


def _part(text: str) -> Part:
    # Looked for from the last colon on: a search through all of a long text would try every colon in it.
    begin = text.rfind(":")
    found = _WEIGHT.match(text, begin) if begin >= 0 else None
    if found is None:
        return Part(text)
    weight = min(max(float(found[1]), -LARGEST_WEIGHT), LARGEST_WEIGHT)
    return Part(text[:begin].rstrip(), weight)
