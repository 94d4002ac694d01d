"""Sizes beside a model's own: what it draws at once, and how the passes of a larger picture are sized."""

from __future__ import annotations

from math import sqrt
from typing import Final

from .catalogue import ROOMY, outgrows
from .request import SMALLEST_SIDE
from .settings import Hires
from .types import Size

#: How much a second pass in parts draws anew, if the parts are to leave the subject of the first one alone.
CALM: Final = 0.3
#: What sides are rounded to.
_STEP: Final = 8


def needs_parts(size: Size, native: Size) -> bool:
    """Whether a picture is too large to be drawn at once by a model that likes the size `native`, both in pixels.

    A shape of its own is no reason, as long as it has about as many pixels.
    """
    return outgrows(size, native, ROOMY) and _area(size) > ROOMY * _area(native)


def outgrows_both(size: Size, native: Size) -> bool:
    """Whether both sides of `size` are more than `ROOMY` times those of `native`."""
    return size.width > ROOMY * native.width and size.height > ROOMY * native.height


def first_pass(size: Size, native: Size) -> Size:
    """The shape of `size` in about as many pixels as `native` has, each side a multiple of 8."""
    times = sqrt(_area(size) / _area(native))
    return Size(*(max(SMALLEST_SIDE, round(side / times / _STEP) * _STEP) for side in size))


def larger_of(hires: Hires, size: Size) -> Size:
    """The second pass' size: a side that is not given follows from the other's proportion."""
    if hires.width is None and hires.height is None:
        factors = hires.scale, hires.scale
    else:
        across = (hires.width or 0) / size.width
        down = (hires.height or 0) / size.height
        factors = across or down, down or across
    return Size(*(max(1, round(side * factor)) for side, factor in zip(size, factors, strict=True)))


def _area(size: Size) -> int:
    return size.width * size.height
