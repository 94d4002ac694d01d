"""Words on a sheet: a font that has the signs, lines that fit a width, sizes that fit a box."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from PIL import ImageDraw, ImageFont

from limner_sdk import InvalidRequest

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

#: Fonts that systems have, by what they cover; Pillow's own has Latin letters without accents.
SYSTEM_FONTS: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "msgothic.ttc",
)
SMALLEST: Final = 10
_SPACING: Final = 1.3
_UNASSIGNED: Final = "\U0010ffff"
_LIKE: Final[Mapping[str, str]] = {"×": "x", "–": "-", "—": "-", "−": "-", "’": "'", "“": '"', "”": '"', "ß": "ss"}


@dataclass(frozen=True)
class Block:
    """Lines of one size in pixels."""

    lines: tuple[str, ...]
    size: int

    @property
    def height(self) -> int:
        """Pixels from the first line's top to the last one's bottom."""
        return round(len(self.lines) * self.size * _SPACING)


@lru_cache(maxsize=128)
def _opened(path: str, size: int) -> Font:
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


@dataclass(frozen=True)
class Face:
    """A font file by path or name; Pillow's own if that is empty."""

    path: str = ""

    def at(self, size: int) -> Font:
        """The font at a size in pixels. Raises `InvalidRequest` for a file that is no font."""
        try:
            return _opened(self.path, size)
        except OSError:
            raise InvalidRequest("font", self.path, "is no font that can be read; name a .ttf or .otf file") from None

    def lacking(self, signs: Iterable[str]) -> frozenset[str]:
        """Those of `signs` that the font has no picture for."""
        font = self.at(20)
        nothing = bytes(font.getmask(_UNASSIGNED))
        return frozenset(sign for sign in signs if not sign.isspace() and bytes(font.getmask(sign)) == nothing)


def face_for(texts: Iterable[str]) -> Face:
    """The font that has the most signs of `texts`; Pillow's own if it has them all."""
    signs = {sign for text in texts for sign in _cleaned(text)}
    best, fewest = Face(), len(Face().lacking(signs))
    for name in SYSTEM_FONTS:
        if fewest == 0:
            break
        face = Face(name)
        if _is_there(face) and (lacking := len(face.lacking(signs))) < fewest:
            best, fewest = face, lacking
    return best


def _is_there(face: Face) -> bool:
    try:
        face.at(20)
    except InvalidRequest:
        return False
    return True


def _cleaned(text: str) -> str:
    """The text on one line, without signs that nothing can draw: controls, joiners, half a surrogate pair."""
    one_line = " ".join(text.split())
    return "".join(sign for sign in one_line if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Cn", "Co"))


@dataclass(frozen=True)
class Pen:
    """Writes with one font; signs that it lacks become their plain letters, or ?."""

    face: Face
    lacking: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str], path: str = "") -> Pen:
        """A pen for these texts, with the font file at `path` if there is one."""
        said = list(texts)
        face = Face(path) if path else face_for(said)
        return cls(face, face.lacking({sign for text in said for sign in _cleaned(text)}))

    def readable(self, text: str) -> str:
        """The text with every sign that the font lacks replaced."""
        return "".join(self._drawn(sign) for sign in _cleaned(text))

    def _drawn(self, sign: str) -> str:
        if sign not in self.lacking:
            return sign
        plain = _LIKE.get(sign) or "".join(p for p in unicodedata.normalize("NFKD", sign) if p.isascii())
        return plain or ("" if unicodedata.category(sign).startswith("M") else "?")

    def fitted(self, text: str, width: int, height: int, largest: int) -> Block:
        """The text in a box of `width` times `height` pixels, at most `largest` high, cut off if it must be."""
        said = self.readable(text)
        sizes = range(max(largest, SMALLEST), SMALLEST - 1, -1)
        blocks = (Block(tuple(self._lines(said, width, size)), size) for size in sizes)
        fitting = [block for block in blocks if block.height <= height]
        # A smaller size may spare a word from being broken; if none does, the largest is as good.
        whole = (block for block in fitting if " ".join(block.lines) == said)
        found = next(whole, None) or next(iter(fitting), None)
        return found or self._cut(Block(tuple(self._lines(said, width, SMALLEST)), SMALLEST), width, height)

    def matched(self, texts: Sequence[str], boxes: Sequence[tuple[int, int]], largest: int) -> tuple[Block, ...]:
        """Each text in its box (width, height), all at the size that suits the tightest."""
        pairs = list(zip(texts, boxes, strict=True))
        size = min((self.fitted(text, *box, largest).size for text, box in pairs), default=largest)
        return tuple(self.fitted(text, *box, size) for text, box in pairs)

    def _cut(self, block: Block, width: int, height: int) -> Block:
        most = max(1, int(height / (block.size * _SPACING)))
        if len(block.lines) <= most:
            return block
        last = block.lines[most - 1]
        while last and self.width(f"{last}…", block.size) > width:
            last = last[:-1]
        return Block((*block.lines[: most - 1], f"{last}…"), block.size)

    def _lines(self, said: str, width: int, size: int) -> Iterator[str]:
        """Lines of whole words; a word that is too long by itself is broken."""
        line = ""
        for word in said.split(" "):
            longer = f"{line} {word}".strip()
            if self.width(longer, size) <= width:
                line = longer
                continue
            if line:
                yield line
            *full, line = self._pieces(word, width, size)
            yield from full
        yield line

    def _pieces(self, word: str, width: int, size: int) -> Iterator[str]:
        piece = ""
        for sign in word:
            if piece and self.width(piece + sign, size) > width:
                yield piece
                piece = ""
            piece += sign
        yield piece

    def width(self, text: str, size: int) -> int:
        """How many pixels wide a line is."""
        return round(self.face.at(size).getlength(text))

    def write(self, draw: ImageDraw.ImageDraw, block: Block, middle: tuple[float, float], colour: str) -> None:
        """Draw a block around its middle, every line centred."""
        font, step = self.face.at(block.size), block.size * _SPACING
        for number, line in enumerate(block.lines):
            top = middle[1] + (number - (len(block.lines) - 1) / 2) * step
            draw.text((middle[0], top), line, colour, font, anchor="mm")
