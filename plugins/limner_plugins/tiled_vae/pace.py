"""How tall the bands are, and how far the work is."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import ceil
from typing import Final

from limner_sdk import CodecContext

from .program import Attention, Layer, Step

#: Most bytes of a band on a CPU, whose caches and allocator like them small, and on other devices.
_MOST: Final = {"cpu": 24 * 2**20}
_MOST_ELSEWHERE: Final = 512 * 2**20

#: How much smaller bands are when all layers have one at once.
_AT_ONCE: Final = 3


class Heights:
    """Windows per band: by hand in latent cells, or as many as a share of free memory allows."""

    def __init__(self, ctx: CodecContext, tile: int | None, cells: int, itemsize: int) -> None:
        self._tile, self._cells, self._itemsize = tile, cells, itemsize
        self.budget = min(ctx.free_memory() // 4, _MOST.get(ctx.device.type, _MOST_ELSEWHERE))
        self._divisor = 1

    def lower(self) -> Heights:
        """Lower ones for a pass in which all layers have a band at once; those by hand stay as they are."""
        lower = copy(self)
        lower.budget //= _AT_ONCE
        return lower

    def halve(self, height: int) -> bool:
        """Make all later bands half as tall as they were; False if one of `height` windows cannot be cut."""
        self._divisor *= 2
        return height > 1

    def windows(self, layer: Layer, height: int, width: int, left: int) -> int:
        """Windows of the next band of a layer over a map of `height` rows, when `left` windows are still to do."""
        if self._tile is not None:
            most = self._tile * layer.windows(height) // self._cells
        else:
            most = self.budget // self._bytes(layer, width)
        most = max(1, most // self._divisor)
        # Bands of even height: the last one shall be no sliver.
        return ceil(left / ceil(left / most))

    def rows(self, height: int, width: int) -> int:
        """Rows of queries that attend at once to a map of `height` rows."""
        # A device without a fused kernel for wide heads writes all scores down, twice.
        most = self.budget // (2 * height * width * width * self._itemsize)
        return max(1, most // self._divisor)

    def _bytes(self, layer: Layer, width: int) -> int:
        """What one window takes: input and ground, what is made, the residual branch."""
        columns = layer.size(1, width)[1]
        seen = 2 * layer.conv.in_channels * width * layer.conv.stride[0]
        return (seen + 2 * layer.conv.out_channels * columns * layer.gain) * self._itemsize


class Progress:
    """Counts work, tells the person, and listens whether the picture is still wanted."""

    def __init__(self, ctx: CodecContext, total: int) -> None:
        self._ctx, self._total, self._done, self._quiet = ctx, max(1, total), 0, False

    def silent(self) -> Progress:
        """One that listens for cancellation only."""
        silent = copy(self)
        silent._quiet = True
        return silent

    def add(self, work: int) -> None:
        """Some work is done. Raises `Cancelled`."""
        self._done += work
        self._ctx.check_cancelled()
        if not self._quiet:
            self._ctx.report(min(1.0, self._done / self._total))


def attending(step: Attention, height: int, width: int) -> int:
    """Multiplications of self-attention over a map."""
    channels: int = step.module.to_q.in_features
    return 2 * height * width * channels * (height * width + 2 * channels)


def work_of(steps: Sequence[Step], height: int, width: int) -> int:
    """Multiplications of some steps that begin with a map of this size."""
    count = 0
    for step in steps:
        if isinstance(step, Attention):
            count += attending(step, height, width)
        else:
            count += step.windows(height) * step.cost(width)
            height, width = step.size(height, width)
    return count


def most_parked(steps: Sequence[Step], height: int, width: int, itemsize: int) -> int:
    """Bytes of the maps that are parked at once, at most."""
    most = kept = 0
    for step in steps:
        if isinstance(step, Layer):
            seen = step.conv.in_channels * height * width
            kept = seen if step.opens else kept
            height, width = step.size(height, width)
            most = max(most, seen * (not step.opens) + kept + step.conv.out_channels * height * width)
            kept = 0 if step.closes else kept
    return most * itemsize
