"""Work: what calling the network costs, in megapixels, as queues and progress bars count it.

One call for one picture of 512x512 is 0.25 of it, whether it is guided or not. A call for part of a picture costs what
the part does.
"""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING, Final

from .request import Request
from .shapes import larger_of
from .types import Size

if TYPE_CHECKING:
    from .catalogue import Catalogue

#: Pixels.
MEGAPIXEL: Final = 2**20
#: Pixels per side of a latent cell, as every family of models has it.
CELL: Final = 8
#: Of the shorter side of a tile, where nobody says how far tiles overlap.
_OVERLAP: Final = 1 / 4


def megapixels(size: Size) -> float:
    """The work of one call for one picture of `size` pixels."""
    return prod(size) / MEGAPIXEL


def work_of(catalogue: Catalogue, request: Request) -> float:
    """The work of drawing all pictures of `request`, as far as it is known without its host.

    What a picture that it starts from has to say of its size is not known here, nor what post-processors will draw.
    Tiles are taken to overlap evenly. Raises `UnknownName` or `AmbiguousName`.
    """
    if request.finished is not None:
        return 0.0
    calls = catalogue.passes(request)
    liked = catalogue.model_of(request)
    native = Size(liked.width, liked.height)
    first = Size(request.width or native.width, request.height or native.height)
    sizes = [first, larger_of(request.hires, first)] if request.hires else [first]
    each = (count * tiled(size, native, request) for count, size in zip(calls, sizes, strict=True))
    return sum(each) * (request.count or 1)


def tiled(size: Size, native: Size, request: Request) -> float:
    """The work of one call for one picture of `size` pixels, over all tiles that the request's tiler cuts it into."""
    if request.tiler is None:
        return megapixels(size)
    said = request.tiler.params
    tile = [_number(said.get(f"tile_{side}")) * CELL for side in ("width", "height")]
    tile = [chosen or own for chosen, own in zip(tile, native, strict=True)]
    asked = said.get("overlap")
    overlap = int(min(tile) * _OVERLAP) if asked is None else _number(asked) * CELL
    return prod(_covered(side, length, overlap) for side, length in zip(size, tile, strict=True)) / MEGAPIXEL


def _covered(side: int, length: int, overlap: int) -> int:
    """The pixels along one side of as few tiles as overlap so far."""
    if length >= side:
        return side
    return length * (1 + ceil((side - length) / max(1, length - overlap)))


def _number(value: object) -> int:
    """A parameter that should be a whole number, and may be anything before its host has looked at it."""
    return max(0, value) if isinstance(value, int) else 0
