"""Regions of a picture that somebody names in words, and masks of them: a PNG is written here, none is read."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from limner_bot.words import Mistake
from limner_sdk import Size

#: Left, top, right and bottom in percent, by what people call it.
_NAMED: Final = {
    "left": (0, 0, 50, 100),
    "right": (50, 0, 100, 100),
    "top": (0, 0, 100, 50),
    "bottom": (0, 50, 100, 100),
    "middle": (25, 25, 75, 75),
    "all": (0, 0, 100, 100),
}
_ALIASES: Final = {
    "left": ("left", "links", "linke", "左"),
    "right": ("right", "rechts", "rechte", "右"),
    "top": ("top", "upper", "oben", "obere", "上"),
    "bottom": ("bottom", "lower", "unten", "untere", "下"),
    "middle": ("middle", "centre", "center", "mitte", "中"),
    "all": ("all", "everything", "alles", "全"),
}
_NAME_OF: Final = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_FILLERS: Final = frozenset(
    [*"half side corner part of the picture hälfte seite ecke teil die der das bild".split(), *"半边侧方部间央角的图"]
)
#: A word, or a Chinese character, which is one.
_PIECE: Final = re.compile(r"[\u4e00-\u9fff]|[^\s,;，、；\u4e00-\u9fff]+")
_NUMBER: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*%?")


@dataclass(frozen=True)
class Region:
    """A rectangle in percent of a picture."""

    left: float
    top: float
    right: float
    bottom: float

    def pixels(self, size: Size) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in pixels, at least one of them each way."""
        across, down = size.width / 100, size.height / 100
        left, top = min(round(self.left * across), size.width - 1), min(round(self.top * down), size.height - 1)
        return left, top, max(left + 1, round(self.right * across)), max(top + 1, round(self.bottom * down))


def parse_region(text: str) -> Region:
    """A region as people write it: ``left half``, ``top right``, or ``10, 20, 50, 30`` for x, y, width and height in
    percent. Raises `InvalidRequest`.
    """
    pieces = _PIECE.findall(text.casefold())
    numbers = [found for piece in pieces if (found := _NUMBER.fullmatch(piece))]
    if len(numbers) == len(pieces) == 4:
        x, y, width, height = (float(found[1]) for found in numbers)
        return _checked(text, Region(x, y, x + width, y + height))
    names = [piece for piece in pieces if piece not in _FILLERS]
    if not names or any(name not in _NAME_OF for name in names):
        raise _unreadable(text)
    boxes = [_NAMED[_NAME_OF[name]] for name in names]
    left, top = (max(box[side] for box in boxes) for side in (0, 1))
    right, bottom = (min(box[side] for box in boxes) for side in (2, 3))
    return _checked(text, Region(left, top, right, bottom))


def _checked(text: str, region: Region) -> Region:
    inside = 0 <= region.left < region.right <= 100 and 0 <= region.top < region.bottom <= 100
    if not inside:
        raise Mistake("region", text, "mistake-region-outside")
    return region


def _unreadable(text: str) -> Mistake:
    return Mistake("region", text, "mistake-no-region")


def mask_of(region: Region, size: Size) -> bytes:
    """A PNG of `size` pixels in grey levels (8 bits): white inside the region, black elsewhere."""
    left, top, right, bottom = region.pixels(size)
    black = b"\0" + b"\0" * size.width
    white = b"\0" + b"\0" * left + b"\xff" * (right - left) + b"\0" * (size.width - right)
    rows = black * top + white * (bottom - top) + black * (size.height - bottom)
    header = struct.pack(">IIBBBBB", size.width, size.height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
