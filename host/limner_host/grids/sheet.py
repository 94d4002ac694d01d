"""Draws the sheets of a grid: the pictures in rows and columns, with what they differ in written beside them.

A sheet is drawn from the record and the files that are there, so it can be made again at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from limner_host.pictures import INFOTEXT_CHUNK, read_image, write_png
from limner_sdk import Box, Size, UnreadableImage

from .layout import Layout, Look, columns_of, font_size_of, layout_of
from .lettering import Pen
from .record import CellRecord, GridRecord, is_made
from .values import listed

#: The PNG text chunk that holds the record.
GRID_CHUNK: Final = "limner-grid"
_PAPER, _INK, _GREY, _RED, _PALE = "white", "black", "#6b6b6b", "#8c1c13", "#f1eeee"


def write_sheets(record: GridRecord, folder: Path, look: Look) -> tuple[Path, ...]:
    """Draw and write ``sheet.png``, and ``sheet-z1.png`` … if z varies; the whole one comes first.

    Raises `DiskFull`, and `InvalidRequest` for a font that cannot be read.
    """
    shared = record.shareable().model_dump_json(exclude_defaults=True)
    texts = {INFOTEXT_CHUNK: sheet_infotext(record, folder), GRID_CHUNK: shared}
    draughtsman = Draughtsman.of(record, folder, look)
    whole = folder / "sheet.png"
    if len(record.z.values) == 1:
        write_png(draughtsman.sheet(1), whole, texts)
        return (whole,)
    parts = [folder / f"sheet-z{z}.png" for z in range(1, len(record.z.values) + 1)]
    write_png(_together(draughtsman, parts, look.margin + draughtsman.title // 2), whole, texts)
    return (whole, *parts)


def size_of_sheets(record: GridRecord, look: Look) -> Size:
    """The pixels of the whole sheet of a grid, whose pictures need not be there. Raises `InvalidRequest` for a font."""
    draughtsman = Draughtsman.of(record, Path(), look)
    return _spread(draughtsman, len(record.z.values), look.margin + draughtsman.title // 2)[1]


def _spread(draughtsman: Draughtsman, sheets: int, gap: int) -> tuple[int, Size]:
    """How many sheets stand side by side, and the size of all of them."""
    size = draughtsman.size
    columns = columns_of(sheets, size)
    rows = ceil(sheets / columns)
    return columns, Size(columns * (size.width + gap) - gap, rows * (size.height + gap) - gap)


def _together(draughtsman: Draughtsman, parts: list[Path], gap: int) -> Image.Image:
    """All sheets in one, each written to its part by itself on the way, so that one at a time is in memory."""
    columns, size = _spread(draughtsman, len(parts), gap)
    step = Size(draughtsman.size.width + gap, draughtsman.size.height + gap)
    whole = Image.new("RGB", size, _PAPER)
    for place, part in enumerate(parts):
        sheet = draughtsman.sheet(place + 1)
        write_png(sheet, part, {})
        whole.paste(sheet, (place % columns * step.width, place // columns * step.height))
    return whole


@dataclass(frozen=True)
class Draughtsman:
    """Draws the sheets of one grid, all of them to the same measures. `title` is how high the value of z stands."""

    record: GridRecord
    folder: Path
    layout: Layout
    pen: Pen
    font_size: int
    title: int

    @classmethod
    def of(cls, record: GridRecord, folder: Path, look: Look) -> Draughtsman:
        """One with a font that has the signs of all values and sentences. Raises `InvalidRequest`."""
        words = [text for axis in record.axes for text in (axis.label, *axis.values)]
        pen = Pen.of([*words, *(cell.error for cell in record.cells)], look.font)
        font_size = font_size_of(record, look)
        title = 2 * font_size if look.legend and record.z.label else 0
        return cls(record, folder, layout_of(record, look, pen, font_size), pen, font_size, title)

    @property
    def size(self) -> Size:
        """A sheet's pixels."""
        return Size(self.layout.size.width, self.layout.size.height + self.title)

    def sheet(self, z: int) -> Image.Image:
        """The pictures of one value of z, which is counted from 1 and stands above them."""
        sheet = Image.new("RGB", self.size, _PAPER)
        draw = ImageDraw.Draw(sheet)
        for cell in self.record.cells:
            if cell.z == z:
                self._place(sheet, draw, cell)
        self._write_legend(draw)
        if self.title:
            self._write_title(draw, z)
        return sheet

    def _place(self, sheet: Image.Image, draw: ImageDraw.ImageDraw, cell: CellRecord) -> None:
        """Paste the cell's picture, or write why there is none."""
        box = self._box(cell.x, cell.y)
        try:
            picture = read_image(self.folder / cell.file) if cell.file else None
        except UnreadableImage as error:
            self._blank(draw, box, str(error), _RED)
            return
        if picture is None:
            self._blank(draw, box, cell.error or "not made yet", _RED if cell.error else _GREY)
        else:
            left, top = (box.width - picture.width) // 2, (box.height - picture.height) // 2
            sheet.paste(picture.convert("RGB"), (box.left + left, box.top + top))

    def _box(self, x: int, y: int) -> Box:
        box = self.layout.box(x, y)
        return box._replace(top=box.top + self.title)

    def _blank(self, draw: ImageDraw.ImageDraw, box: Box, sentence: str, colour: str) -> None:
        draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), _PALE, _GREY)
        block = self.pen.fitted(sentence, box.width * 9 // 10, box.height * 9 // 10, self.font_size)
        self.pen.write(draw, block, (box.left + box.width / 2, box.top + box.height / 2), colour)

    def _write_legend(self, draw: ImageDraw.ImageDraw) -> None:
        """Names of the axes in grey, values in black: those of x above their columns, those of y beside their rows."""
        legend, air = self.layout.legend, self.font_size / 2
        beside = legend.left / 2
        bottom = self.title + legend.top - air
        if legend.x_label:
            middle = (legend.left + self.layout.size.width) / 2
            self.pen.write(draw, legend.x_label, (middle, self.title + air / 2 + legend.x_label.height / 2), _GREY)
        if legend.y_label:
            self.pen.write(draw, legend.y_label, (beside, bottom - legend.y_label.height / 2), _GREY)
        for k, block in enumerate(legend.columns, 1):
            box = self._box(k, 1)
            self.pen.write(draw, block, (box.left + box.width / 2, bottom - block.height / 2), _INK)
        for k, block in enumerate(legend.rows, 1):
            box = self._box(1, k)
            self.pen.write(draw, block, (beside, box.top + box.height / 2), _INK)

    def _write_title(self, draw: ImageDraw.ImageDraw, z: int) -> None:
        text = f"{self.record.z.label}: {self.record.z.values[z - 1]}"
        block = self.pen.fitted(text, self.size.width * 9 // 10, self.title, self.font_size)
        self.pen.write(draw, block, (self.size.width / 2, self.title / 2), _INK)


def sheet_infotext(record: GridRecord, folder: Path) -> str:
    """The first picture's infotext with what A1111 adds to it for a grid."""
    settings = ", ".join(f"{key}: {_quoted(value)}" for key, value in _settings(record))
    first = next(_infotexts(record, folder), "")
    return f"{first}, {settings}" if first else f"{record.base.prompt}\n{settings}"


def _infotexts(record: GridRecord, folder: Path) -> Iterator[str]:
    """What the pictures carry that are there."""
    for cell in record.cells:
        if is_made(cell, folder):
            yield str(read_image(folder / cell.file).info.get(INFOTEXT_CHUNK, ""))


def _settings(record: GridRecord) -> Iterator[tuple[str, str]]:
    yield "Script", "X/Y/Z plot"
    for letter, axis in zip("XYZ", record.axes, strict=True):
        if axis.label:
            yield f"{letter} Type", axis.label
            yield f"{letter} Values", listed(axis.values)


def _quoted(value: str) -> str:
    """Quote what A1111's parser would otherwise take apart."""
    return json.dumps(value, ensure_ascii=False) if any(sign in value for sign in ',:\n"') else value
