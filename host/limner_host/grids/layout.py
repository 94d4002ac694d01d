"""Where everything on a sheet stands: pictures in columns and rows, words in bands above and beside them, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Final

from limner_sdk import Box, InvalidRequest, Size

from .lettering import SMALLEST, Block, Face, Pen
from .record import AxisRecord, GridRecord

MOST_MARGIN: Final = 500
LARGEST_FONT: Final = 200
#: Of themselves, words are this part of a typical picture's width and height together, within limits.
_FONT_SHARE: Final = 22
_FONT_LIMITS: Final = (14, 48)
#: How far words stay from what they stand beside, in parts of their height.
_AIR: Final = 0.5
#: Words beside the rows take this part of a picture's width, or so many of their own heights if that is more.
_WIDEST_SHARE: Final = 0.75
_WIDEST_LETTERS: Final = 9
_MOST_LINES: Final = 5


@dataclass(frozen=True)
class Look:
    """How sheets look. `margin` is pixels between pictures, `font_size` pixels; None lets it follow the pictures.

    `font` is the path of a font file; if it is empty, a font of the system's that has all signs is taken. Raises
    `InvalidRequest` for a number out of bounds and a file that is no font.
    """

    legend: bool = True
    margin: int = 4
    font_size: int | None = None
    font: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.margin <= MOST_MARGIN:
            raise InvalidRequest("margin", self.margin, f"is not within 0 to {MOST_MARGIN} pixels; take one that is")
        if self.font_size is not None and not SMALLEST <= self.font_size <= LARGEST_FONT:
            remedy = f"is not within {SMALLEST} to {LARGEST_FONT} pixels; take one that is"
            raise InvalidRequest("font_size", self.font_size, remedy)
        if self.font:
            Face(self.font).at(SMALLEST)


@dataclass(frozen=True)
class Legend:
    """The words beside the pictures, `top` and `left` pixels thick. Axes that do not vary have none."""

    top: int = 0
    left: int = 0
    x_label: Block | None = None
    y_label: Block | None = None
    columns: tuple[Block, ...] = ()
    rows: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Layout:
    """The widths of columns and the heights of rows, the margin between them, and the legend at their left and top."""

    columns: tuple[int, ...]
    rows: tuple[int, ...]
    margin: int
    legend: Legend

    def box(self, x: int, y: int) -> Box:
        """The cell in column `x` and row `y`, counted from 1."""
        left = self.legend.left + sum(self.columns[: x - 1]) + self.margin * (x - 1)
        top = self.legend.top + sum(self.rows[: y - 1]) + self.margin * (y - 1)
        return Box(left, top, self.columns[x - 1], self.rows[y - 1])

    @property
    def size(self) -> Size:
        """All of it."""
        last = self.box(len(self.columns), len(self.rows))
        return Size(last.right, last.bottom)


def layout_of(record: GridRecord, look: Look, pen: Pen, font_size: int) -> Layout:
    """The layout that all sheets of a grid share."""
    cells = record.cells
    columns = tuple(max(cell.width for cell in cells if cell.x == k) for k in _numbered(record.x))
    rows = tuple(max(cell.height for cell in cells if cell.y == k) for k in _numbered(record.y))
    legend = _legend(record, columns, rows, pen, font_size) if look.legend else Legend()
    return Layout(columns, rows, look.margin, legend)


def font_size_of(record: GridRecord, look: Look) -> int:
    """How high words are: as asked, or as suits the smallest picture."""
    if look.font_size is not None:
        return look.font_size
    smallest = min(cell.width + cell.height for cell in record.cells)
    return min(max(smallest // _FONT_SHARE, _FONT_LIMITS[0]), _FONT_LIMITS[1])


def _numbered(axis: AxisRecord) -> range:
    return range(1, len(axis.values) + 1)


def _legend(record: GridRecord, columns: Sequence[int], rows: Sequence[int], pen: Pen, size: int) -> Legend:
    air = round(size * _AIR)
    across = _across(record.x, columns, pen, size, air)
    left, down = _down(record.y, max(columns), rows, pen, size, air)
    x_label = pen.fitted(record.x.label, sum(columns) - air, 2 * size, size) if across else None
    y_label = pen.fitted(record.y.label, left - air, _MOST_LINES * 2 * size, size) if down else None
    above = (x_label.height + air + max(block.height for block in across)) if x_label else 0
    top = max(above, y_label.height if y_label else 0)
    return Legend(top + 2 * air if top else 0, left, x_label, y_label, across, down)


def _across(axis: AxisRecord, columns: Sequence[int], pen: Pen, size: int, air: int) -> tuple[Block, ...]:
    """The values of x, each within its column."""
    if not axis.label:
        return ()
    boxes = [(max(1, width - air), _MOST_LINES * 2 * size) for width in columns]
    return pen.matched(axis.values, boxes, size)


def _down(
    axis: AxisRecord, column: int, rows: Sequence[int], pen: Pen, size: int, air: int
) -> tuple[int, tuple[Block, ...]]:
    """How wide the words at the left are, and the values of y, each within its row."""
    if not axis.label:
        return 0, ()
    widest = max(round(column * _WIDEST_SHARE), _WIDEST_LETTERS * size)
    wanted = max(pen.width(pen.readable(text), size) for text in (axis.label, *axis.values)) + 1
    width = min(wanted, widest)
    return width + 2 * air, pen.matched(axis.values, [(width, height) for height in rows], size)


def columns_of(sheets: int, size: Size) -> int:
    """How many of so many sheets stand side by side for all of them to be as nearly square as they can."""

    def lopsided(columns: int) -> float:
        return abs(log(size.width * columns / (size.height * ceil(sheets / columns))))

    return min(range(1, sheets + 1), key=lopsided)
