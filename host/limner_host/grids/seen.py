"""A small look at a sheet of which some cells are made, for whoever waits for the others."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Final

from PIL import Image

from limner_host.pictures import read_image
from limner_sdk import UnreadableImage

from .making import missing
from .record import CellRecord, GridRecord

#: Pixels of the longer side.
_LARGEST: Final = 640
_PAPER, _UNMADE, _FAILED = "white", "#dcdcdc", "#e8c4c0"
_GAP: Final = 2


@dataclass
class SheetSoFar:
    """The cells without any words, sheets of z one below the other; `folder` is where their files lie."""

    record: GridRecord
    folder: Path
    _canvas: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        columns, rows = self._edges
        self._canvas = Image.new("RGB", (max(1, columns[-1]), max(1, rows[-1])), _PAPER)
        waiting = {cell.place for cell in missing(self.record, self.folder)}
        for cell in self.record.cells:
            self._fill(cell, _UNMADE)
            if cell.place not in waiting:
                self.add(cell)

    @cached_property
    def _edges(self) -> tuple[Sequence[int], Sequence[int]]:
        """Where columns and rows begin and the last ones end, in pixels."""
        x, y, z = (range(1, len(axis.values) + 1) for axis in self.record.axes)
        cells = self.record.cells
        widths = [max(cell.width for cell in cells if cell.x == k) for k in x]
        heights = [max(cell.height for cell in cells if cell.y == k) for _ in z for k in y]
        scale = min(1.0, _LARGEST / max(sum(widths), sum(heights)))
        return _edges_of(widths, scale), _edges_of(heights, scale)

    def add(self, cell: CellRecord) -> None:
        """Show a cell that is done."""
        if cell.error or not cell.file:
            self._fill(cell, _FAILED)
            return
        left, top, right, bottom = self._box(cell)
        try:
            picture = read_image(self.folder / cell.file).convert("RGB")
        except UnreadableImage:
            self._fill(cell, _FAILED)
            return
        picture.thumbnail((max(1, right - left), max(1, bottom - top)))
        place = left + (right - left - picture.width) // 2, top + (bottom - top - picture.height) // 2
        self._canvas.paste(picture, place)

    def jpeg(self) -> bytes:
        """What it looks like now."""
        buffer = io.BytesIO()
        self._canvas.save(buffer, "JPEG", quality=80)
        return buffer.getvalue()

    def _fill(self, cell: CellRecord, colour: str) -> None:
        self._canvas.paste(colour, self._box(cell))

    def _box(self, cell: CellRecord) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of a cell, with a gap to the next ones."""
        columns, rows = self._edges
        row = (cell.z - 1) * len(self.record.y.values) + cell.y
        left, top = columns[cell.x - 1], rows[row - 1]
        return left, top, max(left + 1, columns[cell.x] - _GAP), max(top + 1, rows[row] - _GAP)


def _edges_of(sides: Sequence[int], scale: float) -> list[int]:
    return [0, *(round(edge * scale) for edge in accumulate(sides))]
