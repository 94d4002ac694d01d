"""The fast way: all layers in one pass, each keeping the few rows that its next window still sees.

It needs the statistics of all norms beforehand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from .pace import Heights, Progress
from .parking import Map, backing_off
from .program import Layer
from .statistics import Affine
from .work import Work


class Branch:
    """A residual branch: rows that wait until the layers beside it have caught up."""

    def __init__(self) -> None:
        self._rows: deque[Tensor] = deque()

    def push(self, rows: Tensor) -> None:
        """Rows (1, C, h, W) that come next."""
        self._rows.append(rows)

    def peek(self, count: int) -> Tensor:
        """The `count` rows that are next; they are not taken away."""
        parts: list[Tensor] = []
        for rows in self._rows:
            if count > 0:
                parts.append(rows[:, :, :count])
                count -= parts[-1].shape[2]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 2)

    def drop(self, count: int) -> None:
        """Take `count` rows away."""
        while count > 0:
            rows = self._rows.popleft()
            if rows.shape[2] > count:
                self._rows.appendleft(rows[:, :, count:])
            count -= rows.shape[2]


class Stage:
    """One layer as a stage of the pass."""

    def __init__(self, work: Work, size: tuple[int, int], heights: Heights, progress: Progress, branch: Branch) -> None:
        self._work, self._layer = work, work.layer
        self._height, self._width = size
        self._heights, self._progress, self._branch = heights, progress, branch
        self._done = self._base = self._seen = 0
        self._pending: Tensor | None = None

    def run(self, source: Iterator[Tensor]) -> Iterator[Tensor]:
        """The layer's rows, from the top down, out of those of the layer before."""
        for rows in source:
            self._take(rows)
            del rows
            ready = self._layer.windows(self._seen, more=self._seen < self._height)
            while self._done < ready:
                made = self._next(ready)
                if made is not None:
                    yield made
                del made
            self._forget()

    def _take(self, rows: Tensor) -> None:
        self._seen += rows.shape[2]
        if self._layer.opens:
            self._branch.push(rows)
        self._pending = rows if self._pending is None else torch.cat([self._pending, rows], 2)

    def _next(self, ready: int) -> Tensor | None:
        """The next rows, None if memory ran out and smaller ones must be tried."""
        height = self._heights.windows(self._layer, self._height, self._width, ready - self._done)
        attempt = partial(self._made, self._done + height)
        made = backing_off(self._device, attempt, partial(self._heights.halve, height))
        if made is not None:
            self._done += height
            if self._layer.closes:
                self._branch.drop(height)
            self._progress.add(height * self._layer.cost(self._width))
        return made

    def _made(self, stop: int) -> Tensor:
        assert self._pending is not None
        reach = self._layer.reach(self._done, stop, self._height)
        rows = self._pending[:, :, reach.first - self._base : reach.last - self._base]
        beside = self._branch.peek(stop - self._done) if self._layer.closes else None
        return self._work.make(rows, reach, beside)

    def _forget(self) -> None:
        """Keep only the rows that a later window sees."""
        assert self._pending is not None
        first = min(self._layer.reach(self._done, self._done + 1, self._height).first, self._seen)
        self._pending = self._pending[:, :, first - self._base :].clone(memory_format=torch.channels_last)
        self._base = first

    @property
    def _device(self) -> torch.device:
        assert self._pending is not None
        return self._pending.device


def rolled(
    layers: Sequence[Layer],
    affines: Sequence[Affine | None],
    source: Map,
    dtype: torch.dtype,
    heights: Heights,
    progress: Progress,
) -> Iterator[tuple[int, Tensor]]:
    """What `layers` make of a map, from the top down: the first row, and rows (1, C, h, W)."""
    height, width, branch = source.height, source.width, Branch()
    rows = _read(source, heights.windows(layers[0], height, width, height))
    for layer, affine in zip(layers, affines, strict=True):
        branch = Branch() if layer.opens else branch
        rows = Stage(Work(layer, affine, dtype), (height, width), heights, progress, branch).run(rows)
        height, width = layer.size(height, width)
    top = 0
    for made in rows:
        yield top, made
        top += made.shape[2]


def _read(source: Map, band: int) -> Iterator[Tensor]:
    for top in range(0, source.height, band):
        yield source.read(top, min(top + band, source.height))
