"""Ratios: how people write them, and the size that one means to a model."""

from __future__ import annotations

import re
from math import log, sqrt
from typing import Final

from limner_bot.words import Mistake
from limner_sdk import Size
from limner_sdk.request import LARGEST_SIDE, SMALLEST_SIDE

from .sizes import trained

_RATIO: Final = re.compile(r"\s*(\d{1,4}(?:\.\d{1,3})?)\s*[:/]\s*(\d{1,4}(?:\.\d{1,3})?)\s*", re.ASCII)
#: How far a shape that the model was trained at may be from what is asked for: a share of the ratio.
_CLOSE: Final = 0.05
_STEP: Final = 8


def parse_ratio(text: str, field: str = "ratio") -> str:
    """A ratio of width to height as people write it, such as 3:2 or 2.39:1. Raises `InvalidRequest`."""
    found = _RATIO.fullmatch(text)
    if not found or not float(found[1]) or not float(found[2]):
        raise Mistake(field, text, "mistake-no-ratio")
    return f"{found[1]}:{found[2]}"


def size_of(ratio: str, native: Size) -> Size:
    """The size in pixels of about the area that a model likes, each side a multiple of 8.

    A shape close to it that the model was trained at is taken instead. Raises `InvalidRequest` for what is no ratio,
    and for one that would make a side too short or too long.
    """
    across, down = (float(part) for part in parse_ratio(ratio).split(":"))
    area = native.width * native.height
    longest = min(area / SMALLEST_SIDE**2, LARGEST_SIDE**2 / area)
    if max(across, down) / min(across, down) > longest:
        raise Mistake("ratio", ratio, "mistake-ratio-too-long", longest=f"{longest:.4g}")
    close = [size for size in trained(native) if abs(log(size.width / size.height * down / across)) <= _CLOSE]
    side = sqrt(area / (across * down))
    exact = Size(_rounded(across * side), _rounded(down * side))
    return min(close, key=lambda size: abs(log(size.width / size.height * down / across)), default=exact)


def _rounded(side: float) -> int:
    return min(LARGEST_SIDE, max(SMALLEST_SIDE, round(side / _STEP) * _STEP))
