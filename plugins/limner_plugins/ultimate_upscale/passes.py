"""What is drawn, in turns: the tiles, then what lies over the borders between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import ceil
from typing import Final, NamedTuple

from limner_sdk import Box, Size

from .params import UltimateParams
from .sizing import Measures
from .stretches import CELL, SIGMAS, Stretch, borders, even, over_border

#: The least that goes through the network at once, in pixels.
_LEAST: Final = 64


class Patch(NamedTuple):
    """What is drawn at once, with its place in the grid of its pass and the tile whose prompt it has.

    Its say is the product of that along both axes, or, if it is `round`, falls from its middle in all directions alike.
    """

    across: Stretch
    down: Stretch
    column: int
    row: int
    tile: int
    round: bool = False

    @property
    def box(self) -> Box:
        """Where it lies on the canvas, in pixels."""
        return Box(self.across.start, self.down.start, self.across.length, self.down.length)


class Pass(NamedTuple):
    """One turn over the canvas: how much is drawn anew, the Gaussian that softens each say, and what is drawn."""

    name: str
    strength: float
    blur: float
    patches: tuple[Patch, ...]


class Grid(NamedTuple):
    """The tiles' columns and rows."""

    columns: tuple[Stretch, ...]
    rows: tuple[Stretch, ...]

    def patches(self) -> Iterator[Patch]:
        """The tiles, row by row."""
        for number, (row, column) in enumerate(product(range(len(self.rows)), range(len(self.columns)))):
            yield Patch(self.columns[column], self.rows[row], column, row, number)

    def tile_at(self, across: Stretch, down: Stretch) -> int:
        """The tile that lies under the middle of something."""
        x, y = (stretch.start + stretch.length / 2 for stretch in (across, down))
        column, row = (
            next(k for k, stretch in enumerate(stretches) if stretch.holds(place))
            for stretches, place in ((self.columns, x), (self.rows, y))
        )
        return row * len(self.columns) + column


def grid_of(measures: Measures, blur: int) -> Grid:
    """The tiles of a canvas."""
    reach = SIGMAS * blur
    columns, rows = (
        even(side, length, measures.padding, reach) for side, length in zip(measures.canvas, measures.tile, strict=True)
    )
    return Grid(columns, rows)


def passes_of(measures: Measures, params: UltimateParams) -> list[Pass]:
    """Everything that is drawn, in order."""
    grid = grid_of(measures, params.blur)
    found = []
    if params.redraw != "none":
        found.append(Pass("tiles", params.denoise, 0, tuple(grid.patches())))
    if params.seams != "none":
        found += _Seams(grid, measures, params).passes()
    return [turn for turn in found if turn.strength and turn.patches]


class _Seams(NamedTuple):
    """What is drawn over the borders of a grid."""

    grid: Grid
    measures: Measures
    params: UltimateParams

    def passes(self) -> Iterator[Pass]:
        """Over the borders of rows, over those of columns, and over their crossings."""
        columns, rows = self._along(0), self._along(1)
        over_columns, over_rows = self._over(0), self._over(1)
        yield self._pass("rows", columns, over_rows)
        yield self._pass("columns", over_columns, rows)
        if self.params.seams == "half_tile_intersections":
            yield self._pass("crossings", over_columns, over_rows, round=True)

    def _pass(self, name: str, across: Sequence[Stretch], down: Sequence[Stretch], round: bool = False) -> Pass:
        blur = 0.0 if self.params.seams == "band" else min(self.params.seams_blur, self.params.seams_padding / SIGMAS)
        patches = (
            Patch(column, row, i, k, self.grid.tile_at(column, row), round)
            for (k, row), (i, column) in product(enumerate(down), enumerate(across))
        )
        chosen = self.params.seams_denoise
        return Pass(name, self.params.denoise if chosen is None else chosen, blur, tuple(patches))

    def _along(self, axis: int) -> tuple[Stretch, ...]:
        """Bands are drawn in pieces, which fade into each other as tiles do."""
        side, length, padding = self.measures.canvas[axis], self.measures.tile[axis], self.params.seams_padding
        return even(side, length, padding, SIGMAS * self.params.blur)

    def _over(self, axis: int) -> list[Stretch]:
        """What is drawn across each border of columns (axis 0) or rows (axis 1)."""
        side, places = self.measures.canvas[axis], borders(self.grid[axis])
        # More than up to the next border would be more than all of the say.
        width = min(self._width(axis), *(after - before for before, after in pairwise([0, *places, side])))
        return [over_border(place, side, self._length(axis, width), width) for place in places]

    def _width(self, axis: int) -> float:
        if self.params.seams == "band":
            return self.params.seams_width
        return self.measures.tile[axis] - 2 * self.params.seams_padding

    def _length(self, axis: int, width: float) -> int:
        """What goes through the network for something so wide."""
        if self.params.seams == "band":
            return max(_LEAST, ceil((width + 2 * self.params.seams_padding) / CELL) * CELL)
        return self.measures.tile[axis]


def size_of(turn: Pass) -> Size:
    """The size in pixels of what a pass draws at once; the first one's, where border pieces differ."""
    return Size(*turn.patches[0].box[2:])
