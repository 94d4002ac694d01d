"""The exact way: layer after layer over the whole map, band after band of rows.

While a layer's result is parked, the statistics of the next layer's norm are summed up, so that nothing is computed
twice but the norm of the rows where bands touch. Sweeps go down and up in turn, and a band that was finished last is
the first that is needed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from .attention import Attending
from .pace import Heights, Progress, attending
from .parking import Map, Parking, backing_off
from .program import Attention, Layer, Step
from .statistics import Affine, Moments
from .work import Work


@dataclass(frozen=True)
class Workshop:
    """What a walk works with."""

    dtype: torch.dtype
    parking: Parking
    heights: Heights
    progress: Progress


class Walk:
    """A map on its way through steps; `affines` are the norms' of the steps that it has gone."""

    def __init__(self, shop: Workshop, source: Map) -> None:
        self._shop, self.map = shop, source
        self._kept: Map | None = None
        self._moments: Moments | None = None
        self._upward = False
        self.affines: list[Affine | None] = []

    def go(self, steps: Sequence[Step], following: Step | None) -> None:
        """Take `steps`, and collect the statistics that the `following` one needs."""
        for step, after in pairwise([*steps, following]):
            assert step is not None
            listens = after is not None and after.norm is not None
            if isinstance(step, Attention):
                self._attend(step, listens)
            else:
                self._sweep(step, listens)

    def last(self, layer: Layer) -> Iterator[tuple[int, Tensor]]:
        """The result of a last layer, band by band: its first row, and its rows (1, C, h, W)."""
        yield from self._bands(layer)
        self.map.give_back()

    def collect(self, bands: Iterator[tuple[int, Tensor]], into: Map, *, listens: bool) -> None:
        """Park what others have made of the map; it comes from the top down."""
        moments = Moments(into.channels, self._shop.parking.device) if listens else None
        for top, rows in bands:
            _add(moments, rows)
            into.write(top, rows)
        self.map, self._moments, self._upward = into, moments, True

    def affine(self, step: Step) -> Affine | None:
        """The norm before `step`, now that the map is complete."""
        if step.norm is None:
            return None
        assert self._moments is not None
        return self._moments.affine(step.norm)

    def _sweep(self, layer: Layer, listens: bool) -> None:
        made = self._place(layer)
        moments = Moments(made.channels, self._shop.parking.device) if listens else None
        for top, rows in self._bands(layer):
            made.write(top, rows)
            _add(moments, rows)
        self._leave(layer, made)
        self._moments, self._upward = moments, not self._upward

    def _bands(self, layer: Layer) -> Iterator[tuple[int, Tensor]]:
        work = Work(layer, self._heard(layer), self._shop.dtype)
        low, high = 0, layer.windows(self.map.height)
        while low < high:
            height = self._shop.heights.windows(layer, self.map.height, self.map.width, high - low)
            start = high - height if self._upward else low
            attempt = partial(self._made, work, start, start + height)
            made = backing_off(self._shop.parking.device, attempt, partial(self._shop.heights.halve, height))
            if made is None:
                continue
            low, high = (low, start) if self._upward else (start + height, high)
            yield start * layer.gain, made
            del made
            self._shop.progress.add(height * layer.cost(self.map.width))

    def _made(self, work: Work, start: int, stop: int) -> Tensor:
        reach = work.layer.reach(start, stop, self.map.height)
        beside = self._kept.read(start, stop) if work.layer.closes and self._kept is not None else None
        return work.make(self.map.read(reach.first, reach.last), reach, beside)

    def _place(self, layer: Layer) -> Map:
        """Where the result goes: over the residual branch if that is possible, for each of its rows is read once."""
        channels = layer.conv.out_channels
        if layer.closes and self._kept is not None:
            place = self._kept.over(channels)
            if place is not None:
                return place
        height, width = layer.size(self.map.height, self.map.width)
        return self._shop.parking.map(channels, height, width, self._shop.dtype)

    def _leave(self, layer: Layer, made: Map) -> None:
        """Go on with `made`; what is no longer needed is given back."""
        if layer.closes and self._kept is not None:
            if not made.shares(self._kept):
                self._kept.give_back()
            self._kept = None
        if layer.opens:
            self._kept = self.map
        else:
            self.map.give_back()
        self.map = made

    def _attend(self, step: Attention, listens: bool) -> None:
        work = Attending(step.module, self._heard(step), self._shop.dtype)
        moments = Moments(self.map.channels, self._shop.parking.device) if listens else None
        keys, values = self._remembered(work)
        top = 0
        while top < self.map.height:
            rows = min(self._shop.heights.rows(self.map.height, self.map.width), self.map.height - top)
            attempt = partial(self._attended, work, top, rows, keys, values)
            made = backing_off(self._shop.parking.device, attempt, partial(self._shop.heights.halve, rows))
            if made is None:
                continue
            self.map.write(top, made)
            _add(moments, made)
            top += rows
            self._shop.progress.add(attending(step, self.map.height, self.map.width) * rows // self.map.height)
        self._moments, self._upward = moments, True

    def _remembered(self, work: Attending) -> tuple[Tensor, Tensor]:
        while True:
            rows = self._shop.heights.rows(self.map.height, self.map.width)
            attempt = partial(work.remember, self.map, rows)
            found = backing_off(self._shop.parking.device, attempt, partial(self._shop.heights.halve, rows))
            if found is not None:
                return found

    def _attended(self, work: Attending, top: int, rows: int, keys: Tensor, values: Tensor) -> Tensor:
        return work.make(self.map.read(top, top + rows), keys, values)

    def _heard(self, step: Step) -> Affine | None:
        self.affines.append(self.affine(step))
        return self.affines[-1]


def _add(moments: Moments | None, rows: Tensor) -> None:
    if moments is not None:
        moments.add(rows)
