"""Where tiles lie along one side of a picture, and how they fade into each other."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class Span(NamedTuple):
    """The pixels from `start` to before `stop` along one side."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.stop - self.start


def spans(side: int, tile: int, overlap: int, multiple: int = 1) -> list[Span]:
    """The fewest tiles of at most `tile` pixels that cover `side` and overlap by `overlap`, all of one length.

    They are as short as their number allows. Lengths are multiples of `multiple`, if `side` has room for one, so that
    a network that asks for those gets real pixels. A `tile` of 0 is as long as the side.
    """
    if not tile or side <= tile:
        return [Span(0, side)]
    count = -(-(side - overlap) // (tile - overlap))
    length = -(-(side + (count - 1) * overlap) // count)
    length = min(-(-length // multiple) * multiple, side)
    starts = [round(i * (side - length) / (count - 1)) for i in range(count)]
    return [Span(start, start + length) for start in starts]


def shares(tiles: list[Span], scale: int) -> list[Tensor]:
    """What say each tile has along the side, enlarged `scale` times; of each pixel, all shares sum up to 1.

    Where two tiles overlap, one fades out linearly while the other fades in.
    """
    rises = [0, *(before.stop - tile.start for before, tile in pairwise(tiles))]
    falls = [*rises[1:], 0]
    ramps = [_ramp(*lengths, scale) for lengths in zip((tile.length for tile in tiles), rises, falls, strict=True)]
    total = torch.zeros(tiles[-1].stop * scale)
    for tile, ramp in zip(tiles, ramps, strict=True):
        total[tile.start * scale : tile.stop * scale] += ramp
    return [ramp / total[tile.start * scale : tile.stop * scale] for tile, ramp in zip(tiles, ramps, strict=True)]


def _ramp(length: int, rise: int, fall: int, scale: int) -> Tensor:
    """1, but rising over the first pixels and falling over the last."""
    places = torch.arange(length * scale) + 0.5
    up = places / max(rise * scale, 1e-9)
    down = (length * scale - places) / max(fall * scale, 1e-9)
    return torch.minimum(up, down).clamp(max=1)
