"""Sizes: how people write them, which ones are suggested, and how a picture too large for its model is drawn."""

from __future__ import annotations

import re
from typing import Final

from limner_bot.words import Mistake
from limner_sdk import Choice, Hires, Request, Size
from limner_sdk.catalogue import DEFAULT_TILER, TOO_ROOMY, outgrows
from limner_sdk.request import LARGEST_SIDE, SMALLEST_SIDE
from limner_sdk.shapes import CALM, first_pass, larger_of, needs_parts, outgrows_both

#: What a suggestion says behind a size that is drawn in parts; people may leave it there.
_MARK: Final = " · tiled"
_SIZE: Final = re.compile(rf"\s*(-?\d{{1,9}})\s*(?:[xX×*]\s*(-?\d{{1,9}})\s*)?(?:{_MARK.strip()})?\s*")
_SHAPES: Final = ((1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16), (2, 1), (1, 2))
#: What SDXL and its kin were trained at; 4:3 and 16:9 come close to one of them.
_TRAINED: Final = tuple(Size(*pair) for pair in ((1152, 896), (1216, 832), (1344, 768), (1536, 640)))
_TRAINED_AT: Final = Size(1024, 1024)
_BESIDE_TRAINED: Final = ((3, 2), (2, 3), (2, 1), (1, 2))
#: Larger ones: the shorter side as a multiple of the model's own, and the shape.
_LARGE: Final = (
    *((1.5, shape) for shape in ((1, 1), (3, 2), (2, 3))),
    *((2, shape) for shape in ((1, 1), (3, 2), (2, 3), (16, 9), (9, 16), (2, 1))),
    *((1, shape) for shape in ((3, 1), (4, 1), (1, 3))),
)


def parse_size(text: str) -> Size:
    """A size as people write it: 512x768, or 512 for a square. Raises `InvalidRequest`."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise Mistake("size", text, "mistake-no-size")
    return Size(int(found[1]), int(found[2] or found[1]))


def beginning(typed: str) -> str:
    """How a size begins of which somebody has typed a part."""
    return re.sub(r"[×*]", "x", re.sub(r"\s", "", typed.lower().partition(_MARK.strip()[0])[0]))


def labelled(size: Size, *, in_parts: bool) -> str:
    """What a suggestion says."""
    return f"{size}{_MARK if in_parts else ''}"


def suggested(typed: str, native: Size, *, larger: bool) -> list[Size]:
    """Sizes that suit a model whose own is `native`, `larger` ones too, and one that was typed in full."""
    side = min(native)
    if native == _TRAINED_AT:
        sizes = [*trained(native), *(_sized(side, shape) for shape in _BESIDE_TRAINED)]
    else:
        sizes = [_sized(side, shape) for shape in _SHAPES]
    sizes += [_sized(side * times, shape) for times, shape in _LARGE] if larger else []
    found = _SIZE.fullmatch(typed)
    sizes += [Size(int(found[1]), int(found[2]))] if found and found[2] else []
    return [size for size in dict.fromkeys(sizes) if SMALLEST_SIDE <= min(size) and max(size) <= LARGEST_SIDE]


def trained(native: Size) -> list[Size]:
    """The sizes that a model was trained at whose own is `native`; that one alone if no more is known."""
    others = (turned for size in _TRAINED for turned in (size, Size(size.height, size.width)))
    return [native, *(others if native == _TRAINED_AT else ())]


def _sized(side: float, shape: tuple[int, int]) -> Size:
    """The size of a shape whose shorter side is given."""
    across, down = shape
    return Size(_eight(side * max(1, across / down)), _eight(side * max(1, down / across)))


def _eight(side: float) -> int:
    return round(side / 8) * 8


def last_size(request: Request, native: Size) -> Size:
    """What a request asks for, in its second pass if it has one; where it says nothing, the model's own."""
    size = Size(request.width or native.width, request.height or native.height)
    return larger_of(request.hires, size) if request.hires else size


def in_parts(request: Request, native: Size) -> Request:
    """The request, drawn in parts if it is too large for its model to draw at once.

    Each part shows all of the prompt. So a picture that has outgrown the model on both sides is drawn at about the
    model's own size first, and parts draw over that; a panorama is in parts from the beginning.
    """
    size = last_size(request, native)
    if not needs_parts(size, native):
        return request
    tiled = request.model_copy(update={"tiler": Choice(name=DEFAULT_TILER)})
    first = first_pass(size, native)
    if request.hires or request.image or not outgrows_both(size, native) or outgrows(first, native, TOO_ROOMY):
        return tiled
    second = Hires(width=size.width, height=size.height, upscaler="lanczos", denoise=CALM)
    return tiled.model_copy(update={"width": first.width, "height": first.height, "hires": second})
