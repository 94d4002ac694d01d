"""Tiles over a canvas: how large they are, where they lie, and what say they have."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import sqrt
from typing import Final, NamedTuple

from limner_sdk import Box, InvalidRequest, Size, Tile, TilerContext, Tiling

from .axes import Stretch, even, round_ring, shifted, turned
from .params import TileParams
from .windows import Window

#: Multiples of these, less their whole parts, fill 0 … 1 evenly from the first ones on: no ratio comes close to them.
_GOLDEN: Final = (sqrt(5) - 1) / 2
_SILVER: Final = sqrt(2) - 1


class Cut(NamedTuple):
    """How a latent is cut: the tiles' size and their least overlap in cells, and what makes plans differ."""

    tile: Size
    overlap: int
    batch: int | None
    ring: bool = False
    step: int | None = None


def cut_of(size: Size, ctx: TilerContext, params: TileParams) -> Cut:
    """How to cut a latent of `size` cells. Raises `InvalidRequest` for tiles that are too large, or overlap wholly."""
    tile = Size(params.tile_width or ctx.native.width, params.tile_height or ctx.native.height)
    _refuse_larger(tile, ctx.largest, params)
    overlap = min(tile) // 4 if params.overlap is None else params.overlap
    if overlap >= min(tile):
        remedy = f"is not smaller than the tile of {tile} cells; the most is {min(tile) - 1}"
        raise InvalidRequest("tiler.overlap", overlap, remedy)
    return Cut(tile, overlap, params.batch)


def _refuse_larger(tile: Size, canvas: Size, params: TileParams) -> None:
    """A tile that was asked for should cut something; the model's own size may be anything."""
    if tile.width < canvas.width or tile.height < canvas.height:
        return
    sides = [("width", params.tile_width, canvas.width), ("height", params.tile_height, canvas.height)]
    for name, asked, most in sides:
        if asked is not None and asked > most:
            remedy = f"makes a tile of {tile} cells, larger than the canvas of {canvas}; the most is {most}"
            raise InvalidRequest(f"tiler.tile_{name}", asked, remedy)


@lru_cache(maxsize=64)
def tiling(size: Size, cut: Cut, window: Window) -> Tiling:
    """The tiles of a latent of `size` cells, row by row; the very same object for the same cut."""
    columns, rows = _axes(size, cut)
    tiles = [
        Tile(Box(column.start, row.start, column.length, row.length), window(column, row))
        for row, column in product(rows, columns)
    ]
    return Tiling(tuple(tiles), cut.batch, cut.ring)


def _axes(size: Size, cut: Cut) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """The stretches of the columns and of the rows."""
    across, down = (size.width, cut.tile.width, cut.overlap), (size.height, cut.tile.height, cut.overlap)
    if cut.step is None:
        return (round_ring if cut.ring else even)(*across), even(*down)
    shares = [(cut.step * each) % 1 for each in (_GOLDEN, _SILVER)]
    return (turned if cut.ring else shifted)(*across, shares[0]), shifted(*down, shares[1])
