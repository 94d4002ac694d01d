"""What a classifier is shown of a picture: squares, because many of them would cut off whatever is longer."""

from __future__ import annotations

from math import ceil
from typing import Final

from limner_sdk import Image

#: A picture up to this many times longer than wide is shown as a whole only.
_NEARLY_SQUARE: Final = 1.2
_MOST: Final = 16


def views(image: Image) -> list[Image]:
    """The whole picture, pressed into a square, and for a longer one squares along it that leave nothing out.

    Beyond `_MOST` of them, they are longer than wide, and pressed too.
    """
    short, long = sorted(image.size)
    whole = image.resize((short, short))
    if long <= _NEARLY_SQUARE * short:
        return [whole]
    count = min(ceil(long / short), _MOST)
    length = max(short, ceil(long / count))
    starts = [round(place * (long - length) / (count - 1)) for place in range(count)]
    return [whole, *(_part(image, start, length).resize((short, short)) for start in starts)]


def _part(image: Image, start: int, length: int) -> Image:
    if image.width > image.height:
        return image.crop((start, 0, start + length, image.height))
    return image.crop((0, start, image.width, start + length))
