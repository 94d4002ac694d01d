"""Where tiles begin along one axis: spread evenly, round a ring, or shifted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Stretch(NamedTuple):
    """One tile along an axis: where it begins, its cells, and those it shares with the tile before and after it.

    At a border of the canvas, it shares 0 cells.
    """

    start: int
    length: int
    before: int
    after: int


def even(size: int, length: int, overlap: int) -> tuple[Stretch, ...]:
    """As few tiles as overlap by `overlap` cells or more, spread evenly from border to border."""
    if length >= size:
        return (Stretch(0, size, 0, 0),)
    gaps = _quotient(size - length, length - overlap)
    return between_borders([k * (size - length) // gaps for k in range(gaps + 1)], length)


def round_ring(size: int, length: int, overlap: int) -> tuple[Stretch, ...]:
    """The same round a ring of `size` cells. There are two tiles at least, as one alone has a seam where it ends."""
    length = min(length, size)
    # Tiles as long as the ring overlap far more than was asked.
    count = 2 if length == size else max(2, _quotient(size, length - overlap))
    starts = [k * size // count for k in range(count)]
    shared = [start + length - after for start, after in zip(starts, [*starts[1:], size], strict=True)]
    return tuple(Stretch(start, length, shared[k - 1], shared[k]) for k, start in enumerate(starts))


def turned(size: int, length: int, overlap: int, share: float) -> tuple[Stretch, ...]:
    """The tiles of `round_ring`, turned by a `share` (0 … 1) of the ring."""
    tiles, cells = round_ring(size, length, overlap), int(share * size)
    return tuple(tile._replace(start=(tile.start + cells) % size) for tile in tiles)


def shifted(size: int, length: int, overlap: int, share: float) -> tuple[Stretch, ...]:
    """A grid as narrow as that of `even` or narrower, moved left by a `share` (0 … 1) of a tile's own cells.

    Tiles that would leave the canvas are pushed back inside.
    """
    if length >= size:
        return (Stretch(0, size, 0, 0),)
    stride, last = length - overlap, size - length
    first = -int(share * stride)
    starts = {min(max(first + k * stride, 0), last) for k in range(_quotient(last - first, stride) + 1)}
    return between_borders(sorted(starts), length)


def between_borders(starts: Sequence[int], length: int) -> tuple[Stretch, ...]:
    """The tiles that begin at `starts`, from the first to the last."""
    shared = [0, *(start + length - after for start, after in pairwise(starts)), 0]
    return tuple(Stretch(start, length, shared[k], shared[k + 1]) for k, start in enumerate(starts))


def _quotient(cells: int, by: int) -> int:
    """`cells` / `by`, rounded up."""
    return -(-cells // by)
