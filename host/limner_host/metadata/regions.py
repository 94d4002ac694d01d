"""The regions of A1111's extension for tiled diffusion, written in the language of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

REGIONS: Final = "Region control"
#: As many as our regions take.
MOST_READ: Final = 16
#: What would end a region or its prompt here.
_BREAKS: Final = re.compile(r"\s*[;\r\n]\s*")
_BAR: Final = re.compile(r"(?<!\\)\|")


def regions_of(said: object, negative: str) -> str:
    """One line for each region with a place and a prompt; empty if there is none.

    Places are shares of the picture there. Negative prompts stand behind that of the picture.
    """
    values = list(said.values())[:MOST_READ] if isinstance(said, Mapping) else []
    return "\n".join(line for value in values if isinstance(value, Mapping) for line in _lines(value, negative))


def _lines(region: Mapping[str, Any], negative: str) -> Iterator[str]:
    place = [_share(region.get(key)) for key in "xywh"]
    words = _words(region.get("prompt"))
    if None in place or not words:
        return
    left, top, width, height = (share or 0.0 for share in place)
    box = left, top, min(width, 1 - left), min(height, 1 - top)
    against = ", ".join(filter(None, (_words(negative), _words(region.get("neg_prompt")))))
    head = " ".join([*(f"{round(100 * share, 4):g}%" for share in box), *_options(region)])
    yield f"{head} | {words}{f' | {against}' if against else ''}"


def _options(region: Mapping[str, Any]) -> Iterator[str]:
    if region.get("blend_mode") == "Foreground":
        feather = _share(region.get("feather_ratio"))
        yield f"kind=foreground feather={0.2 if feather is None else feather:g}"
    seed = region.get("seed")
    # A negative one asks for any.
    if type(seed) is int and 0 <= seed < 2**32:
        yield f"seed={seed}"


def _share(value: object) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value <= 1 else None  # type: ignore[arg-type, operator]


def _words(text: object) -> str:
    """A prompt on one line, whose bars are ordinary signs."""
    return _BAR.sub(r"\\|", _BREAKS.sub(", ", text.strip())) if isinstance(text, str) else ""
