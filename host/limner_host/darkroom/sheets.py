"""Several of our own pictures in one: a contact sheet with numbers, and the grid of a job."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from limner_host.pictures import grid_of
from limner_sdk import InvalidRequest
from limner_sdk.darkroom import LARGEST_OWN, Combine, Gallery, Sheet

from .encoding import PNG, Encoding, encoded, write
from .opening import Source, damage_told, open_picture, upright

GROUND: Final = (49, 51, 56)
EMPTY: Final = (64, 66, 73)
GAP: Final = 4
SHEET: Final = Encoding("JPEG", 85, {"quality": 85, "subsampling": 0})

log = logging.getLogger(__name__)


def gallery(task: Gallery) -> Sheet:
    """A contact sheet; in the place of a picture that cannot be read is an empty one. Raises `DiskFull`."""
    thumbnails = [_thumbnail(Path(file), task.side) for file in task.files]
    columns = min(task.columns, len(thumbnails))
    cell = task.side + GAP
    sheet = Image.new("RGB", (columns * cell + GAP, ceil(len(thumbnails) / columns) * cell + GAP), GROUND)
    for place, thumbnail in enumerate(thumbnails):
        corner = place % columns * cell + GAP, place // columns * cell + GAP
        _put(sheet, thumbnail, corner, task.side)
        _number(sheet, str(task.first + place), corner, task.side)
    missing = tuple(place for place, thumbnail in enumerate(thumbnails) if thumbnail is None)
    return _written(sheet, SHEET, task, missing)


def combine(task: Combine) -> Sheet:
    """A grid of pictures at their full size. Raises `InvalidRequest` and `DiskFull`."""
    images = []
    for file in task.files:
        source = Source(Path(file), field="pictures")
        opened = open_picture(source)
        with damage_told(source):
            images.append(upright(opened.image).convert("RGB"))
        _check_room(images, len(task.files))
    return _written(images[0] if len(images) == 1 else grid_of(images), PNG, task)


def _check_room(images: Sequence[Image.Image], count: int) -> None:
    """Refuse a grid that would be too large as soon as that is known."""
    cells = ceil(sqrt(count)) * ceil(count / ceil(sqrt(count)))
    pixels = cells * max(image.width for image in images) * max(image.height for image in images)
    if pixels > LARGEST_OWN:
        most = f"the most is {LARGEST_OWN / 1e6:g} million"
        raise InvalidRequest("pictures", count, f"make a grid of {pixels / 1e6:.0f} million pixels; {most}: take fewer")


def _thumbnail(file: Path, side: int) -> Image.Image | None:
    source = Source(file)
    try:
        opened = open_picture(source)
        with damage_told(source):
            image = upright(opened.image).convert("RGB")
            image.thumbnail((side, side), reducing_gap=2.0)
            return image
    except InvalidRequest as error:
        log.info("a place of a sheet stays empty: %s", error)
        return None


def _put(sheet: Image.Image, thumbnail: Image.Image | None, corner: tuple[int, int], side: int) -> None:
    shown = thumbnail or Image.new("RGB", (side, side), EMPTY)
    sheet.paste(shown, (corner[0] + (side - shown.width) // 2, corner[1] + (side - shown.height) // 2))


def _number(sheet: Image.Image, text: str, corner: tuple[int, int], side: int) -> None:
    """A number in the left upper corner, legible on anything."""
    height = max(12, side // 10)
    font = ImageFont.load_default(height)
    draw = ImageDraw.Draw(sheet)
    x, y = corner[0] + height // 3, corner[1] + height // 4
    draw.text((x, y), text, "white", font, stroke_width=max(1, height // 8), stroke_fill="black")


def _written(sheet: Image.Image, encoding: Encoding, task: Gallery | Combine, missing: tuple[int, ...] = ()) -> Sheet:
    content = encoded(sheet, encoding, {})
    file = write(content, Path(task.into, task.name), encoding.kind)
    return Sheet(
        number=task.number,
        file=str(file),
        format=encoding.kind,
        bytes=len(content),
        width=sheet.width,
        height=sheet.height,
        missing=missing,
    )
