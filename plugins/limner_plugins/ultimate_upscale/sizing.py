"""Sizes: of the enlarged picture, of the canvas that it is drawn on, of tiles and the room around them."""

from __future__ import annotations

from typing import Final, NamedTuple

from limner_sdk import InvalidRequest, Size

from .params import UltimateParams
from .stretches import CELL

SMALLEST_TARGET: Final = 8
#: Networks shrink their latents again and again; of anything smaller, nothing would be left.
_SMALLEST_SIDE: Final = 64
#: What must be left of a tile between its paddings.
_LEAST_CORE: Final = 32
_MOST_PADDING: Final = 32


class Measures(NamedTuple):
    """The size asked for, that of the canvas around it, that of a tile with its padding, and the padding."""

    target: Size
    canvas: Size
    tile: Size
    padding: int


def measures(size: Size, native: Size, params: UltimateParams) -> Measures:
    """For a picture of `size` and a model that likes `native`, all pixels. Raises `InvalidRequest`."""
    target = target_of(size, params)
    canvas = Size(*(max(_SMALLEST_SIDE, -(-side // CELL) * CELL) for side in target))
    tile = Size(_tile(params.tile_width or native.width), _tile(params.tile_height or native.height))
    padding = min(min(tile) // 8, _MOST_PADDING) if params.padding is None else params.padding
    _check(tile, padding, "padding", padding)
    _check(tile, params.seams_padding, "seams_padding", params.seams_padding)
    return Measures(target, canvas, Size(*map(min, tile, canvas)), padding)


def target_of(size: Size, params: UltimateParams) -> Size:
    """The size asked for. Raises `InvalidRequest` for one that shows nothing."""
    across = (params.width or 0) / size.width
    down = (params.height or 0) / size.height
    if across or down:
        factors = across or down, down or across
    else:
        factors = params.scale, params.scale
    target = Size(*(max(1, round(side * factor)) for side, factor in zip(size, factors, strict=True)))
    if min(target) < SMALLEST_TARGET:
        field = "width" if across else "height" if down else "scale"
        remedy = f"makes a picture of {target} pixels; each side needs {SMALLEST_TARGET} or more"
        raise InvalidRequest(f"postprocess.{field}", getattr(params, field), remedy)
    return target


def _tile(side: int) -> int:
    """In whole cells."""
    return max(_SMALLEST_SIDE, side // CELL * CELL)


def _check(tile: Size, padding: int, field: str, value: int) -> None:
    most = (min(tile) - _LEAST_CORE) // 2
    if padding > most:
        remedy = f"leaves too little of a tile of {tile} pixels; the most is {most}"
        raise InvalidRequest(f"postprocess.{field}", value, remedy)
