"""Which part of the picture is shown to the model for a mask, and at what size: chosen together, so without bars."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, sqrt
from typing import Final

from limner_sdk import Box, Size

from .masks import proportion
from .params import DetailerParams

#: Sides of what is drawn are multiples of this many pixels, one latent cell.
CELL: Final = 8
_LEAST: Final = 64


@dataclass(frozen=True)
class Crop:
    """The part `box` of the picture, drawn at `size` pixels."""

    box: Box
    size: Size


def crop_for(mask: Box, canvas: Size, native: Size, params: DetailerParams) -> Crop:
    """What is shown for a mask that is not black in the part `mask` of a picture of `canvas` pixels."""
    if not params.only_masked or params.merge == "merge_invert":
        return Crop(Box(0, 0, *canvas), _asked(canvas, params) or _whole_cells(canvas))
    padded = _padded(mask, round(params.padding * proportion(native)), canvas)
    wanted = _asked(Size(padded.width, padded.height), params) or _matching(padded, native, params.match_size)
    box = _widened(padded, wanted, canvas)
    return Crop(box, _of_shape(box, wanted))


def _padded(box: Box, padding: int, canvas: Size) -> Box:
    left, top = max(0, box.left - padding), max(0, box.top - padding)
    right, bottom = min(canvas.width, box.right + padding), min(canvas.height, box.bottom + padding)
    return Box(left, top, right - left, bottom - top)


def _asked(shape: Size, params: DetailerParams) -> Size | None:
    """The size that was asked for; a side that was not follows from the shape."""
    width, height = params.width, params.height
    if not (width or height):
        return None
    return Size(
        _cells(width or height * shape.width / shape.height), _cells(height or width * shape.height / shape.width)
    )


def _cells(pixels: float) -> int:
    """The nearest multiple of a cell, within what can be drawn."""
    return min(max(CELL * round(pixels / CELL), _LEAST), 2048)


def _whole_cells(size: Size) -> Size:
    return Size(*(max(_LEAST, CELL * ceil(side / CELL)) for side in size))


def _matching(box: Box, native: Size, how: str) -> Size:
    """The size that a part of the picture is drawn at: the model's own, or of another shape."""
    if how == "off":
        return Size(_cells(native.width), _cells(native.height))
    if how == "free":
        longer = max(native) / max(box.width, box.height)
        return Size(_cells(box.width * longer), _cells(box.height * longer))
    shape = log(box.width / box.height)
    return min(shapes(native), key=lambda size: abs(log(size.width / size.height) - shape))


def shapes(native: Size) -> list[Size]:
    """Sizes of about as many pixels as `native`, from one to four to four to one, in steps of a sixteenth."""
    area = native.width * native.height
    step = max(CELL, CELL * round(sqrt(area) / 16 / CELL))
    widths = range(step * ceil(sqrt(area) / 2 / step), int(sqrt(area) * 2) + 1, step)
    return [Size(width, max(step, step * round(area / width / step))) for width in widths]


def _widened(box: Box, shape: Size, canvas: Size) -> Box:
    """`box`, one side made longer to have the proportions of `shape`; shifted, then cut, at the picture's edges."""
    width = max(box.width, round(box.height * shape.width / shape.height))
    height = max(box.height, round(box.width * shape.height / shape.width))
    left, width = _stretched(box.left, box.width, width, canvas.width)
    top, height = _stretched(box.top, box.height, height, canvas.height)
    return Box(left, top, width, height)


def _stretched(first: int, length: int, wanted: int, limit: int) -> tuple[int, int]:
    """A stretch made as long as wanted around its middle, within 0 … `limit`: where it begins, and its length."""
    wanted = min(wanted, limit)
    return min(max(0, first - (wanted - length) // 2), limit - wanted), wanted


def _of_shape(box: Box, size: Size) -> Size:
    """`size`, unless the picture was too small for its proportions: then as many pixels in those of the box."""
    off = (box.width * size.height) / (box.height * size.width)
    # One pixel more or less is no other shape.
    if abs(log(off)) <= 1.5 / min(box.width, box.height) and min(box.width, box.height) > 1:
        return size
    area, ratio = size.width * size.height, box.width / box.height
    return Size(_cells(sqrt(area * ratio)), _cells(sqrt(area / ratio)))
