"""How a picture is made to fit a size: stretched, cropped, or with its edges continued; and back again."""

from __future__ import annotations

from typing import Final

from PIL import Image

from limner_sdk import Box, Size

_LANCZOS: Final = Image.Resampling.LANCZOS


def stretched(image: Image.Image, size: Size, by: Image.Resampling = _LANCZOS) -> Image.Image:
    """The whole picture at `size`, its proportions given up; `by` is the filter."""
    return image if image.size == size else image.resize(size, by)


def cropped(image: Image.Image, size: Size, by: Image.Resampling = _LANCZOS) -> Image.Image:
    """The middle of the picture that covers `size`, its proportions kept."""
    return image if image.size == size else image.resize(size, by, box=corners(covering(image.size, size)))


def filled(image: Image.Image, size: Size, by: Image.Resampling = _LANCZOS) -> Image.Image:
    """The whole picture inside `size`, its proportions kept, the outermost pixels continued to the edges."""
    inner = inside(image.size, size)
    small = stretched(image, Size(inner.width, inner.height), by)
    return extended(small, inner.left, inner.top, size)


def extended(image: Image.Image, left: int, top: int, size: Size) -> Image.Image:
    """A picture of `size` with `image` at `left`, `top`, the outermost pixels continued to the edges."""
    canvas = Image.new(image.mode, size)
    right, bottom = left + image.width, top + image.height
    canvas.paste(image, (left, top))
    for strip, at in (
        ((left, top, left + 1, bottom), (0, top, left, bottom)),
        ((right - 1, top, right, bottom), (right, top, size.width, bottom)),
    ):
        _continue(canvas, strip, at)
    # The sides are full now, so whole rows are continued, corners included.
    _continue(canvas, (0, top, size.width, top + 1), (0, 0, size.width, top))
    _continue(canvas, (0, bottom - 1, size.width, bottom), (0, bottom, size.width, size.height))
    return canvas


def _continue(canvas: Image.Image, strip: tuple[int, int, int, int], at: tuple[int, int, int, int]) -> None:
    """Stretch one row or column of `canvas` over the rectangle `at`, if that has any area."""
    width, height = at[2] - at[0], at[3] - at[1]
    if width > 0 and height > 0:
        canvas.paste(canvas.crop(strip).resize((width, height), Image.Resampling.NEAREST), at[:2])


def inside(image: tuple[int, int], size: Size) -> Box:
    """Where a picture of `image` pixels lies when all of it is shown within `size`, centred."""
    scale = min(size.width / image[0], size.height / image[1])
    width, height = (max(1, min(side, round(of * scale))) for of, side in zip(image, size, strict=True))
    return Box((size.width - width) // 2, (size.height - height) // 2, width, height)


def covering(image: tuple[int, int], size: Size) -> tuple[float, float, float, float]:
    """The part of a picture of `image` pixels that fills `size`, centred: left, top, width, height."""
    scale = min(image[0] / size.width, image[1] / size.height)
    width, height = size.width * scale, size.height * scale
    return (image[0] - width) / 2, (image[1] - height) / 2, width, height


def corners(part: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A rectangle of left, top, width and height as Pillow writes it: left, top, right, bottom."""
    left, top, width, height = part
    return left, top, left + width, top + height


def edges(box: Box) -> tuple[int, int, int, int]:
    """A box as Pillow cuts it out: left, top, right, bottom."""
    return box.left, box.top, box.right, box.bottom


def grown(box: Box, padding: int, shape: Size, limits: Size) -> Box:
    """`box` with `padding` around it, then widened to the proportions of `shape`, by shifting within `limits`.

    A1111's rule for "only masked": where the picture is too small for the proportions, the box is cut at its edges.
    """
    left, top = max(0, box.left - padding), max(0, box.top - padding)
    right, bottom = min(limits.width, box.right + padding), min(limits.height, box.bottom + padding)
    ratio = shape.width / shape.height
    if (right - left) / (bottom - top) > ratio:
        top, bottom = _widened(top, bottom, int((right - left) / ratio), limits.height)
    else:
        left, right = _widened(left, right, int((bottom - top) * ratio), limits.width)
    return Box(left, top, right - left, bottom - top)


def _widened(first: int, last: int, wanted: int, limit: int) -> tuple[int, int]:
    """A stretch widened to `wanted`, shifted to lie within 0 … `limit`, and cut there if it must be."""
    more = max(0, wanted - (last - first))
    first, last = first - more // 2, last + more - more // 2
    if last > limit:
        first, last = first - (last - limit), limit
    if first < 0:
        first, last = 0, min(limit, last - first)
    return first, last
