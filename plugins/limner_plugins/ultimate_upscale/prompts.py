"""The prompts of single tiles: `[SEP]` between them, `[PROMPT]` for the picture's own, `[SKIP]` to leave one alone."""

from __future__ import annotations

from typing import Final, NamedTuple

from limner_sdk import InvalidRequest

from .params import UltimateParams

_BETWEEN: Final = "[SEP]"
_OWN: Final = "[PROMPT]"
_SKIP: Final = "[SKIP]"


class Prompts(NamedTuple):
    """What one tile shows and does not show; None is as for the picture."""

    prompt: str | None
    negative: str | None


def prompts_of(params: UltimateParams, prompt: str, negative: str, tiles: int) -> list[Prompts | None]:
    """Those of each of so many tiles of a picture with this `prompt` and `negative`, None for a tile left alone.

    The last one goes on for all tiles after it. Raises `InvalidRequest` for more prompts than tiles.
    """
    entries = zip(_entries("prompt", params.prompt, tiles), _entries("negative", params.negative, tiles), strict=True)
    return [
        None if _SKIP in (shown, hidden) else Prompts(_said(shown, prompt), _said(hidden, negative))
        for shown, hidden in entries
    ]


def _entries(field: str, text: str, tiles: int) -> list[str]:
    """One for each tile."""
    parts = [part.strip() for part in text.split(_BETWEEN)]
    if len(parts) > max(tiles, 1):
        remedy = f"has {len(parts)} parts for {tiles} tile{'' if tiles == 1 else 's'}; take [SEP] out"
        raise InvalidRequest(f"postprocess.{field}", text, remedy)
    return [parts[min(number, len(parts) - 1)] for number in range(tiles)]


def _said(entry: str, own: str) -> str | None:
    return entry.replace(_OWN, own) or None
