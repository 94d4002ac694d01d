"""The prompts of single things: `[SEP]` between them, `[PROMPT]` for the picture's own, `[SKIP]` to leave one as it is.

The words are ADetailer's.
"""

from __future__ import annotations

import re
from typing import Final

_BETWEEN: Final = re.compile(r"\s*\[SEP\]\s*")


def prompt_of(text: str, index: int, own: str) -> str | None:
    """The prompt of the thing number `index`, counted from 0; None is the picture's `own`.

    Where there are fewer prompts than things, the last one goes on.
    """
    return _entry(text, index).replace("[PROMPT]", own) or None


def skips(text: str, index: int) -> bool:
    """Whether the thing number `index` stays as it is."""
    return _entry(text, index) == "[SKIP]"


def _entry(text: str, index: int) -> str:
    prompts = _BETWEEN.split(text)
    return prompts[min(index, len(prompts) - 1)].strip()
