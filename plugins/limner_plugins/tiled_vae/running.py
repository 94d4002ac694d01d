"""One map's run through a whole program, exactly or fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from torch import Tensor

from .estimating import small_copy
from .pace import work_of
from .parking import Map
from .program import Layer, Program, Step
from .rolling import rolled
from .statistics import Affine
from .sweeping import Walk, Workshop

#: The least shorter side of a small copy.
THINNEST: Final = 8


@dataclass(frozen=True)
class Guess:
    """Which steps run in one pass by guessed statistics, and the longest side of the copy that these come from."""

    start: int
    stop: int
    longest: int

    def fits(self, source: Map) -> bool:
        """Whether a map is larger than its copy would be, and the copy not too thin to be shrunk by the network."""
        longer, shorter = max(source.height, source.width), min(source.height, source.width)
        return longer > self.longest and shorter * self.longest >= THINNEST * longer


def exact(shop: Workshop, steps: Sequence[Step], source: Map) -> Iterator[tuple[int, Tensor]]:
    """What the steps make of a map: bands of the result, each its first row and its rows (1, C, h, W)."""
    walk = Walk(shop, source)
    yield from _rest(walk, steps)


def fast(shop: Workshop, program: Program, source: Map, guess: Guess) -> Iterator[tuple[int, Tensor]]:
    """The same approximately. A map that is small or thin, or a guess that is no number, makes it exact."""
    steps = program.steps
    layers = [step for step in steps[guess.start : guess.stop] if isinstance(step, Layer)]
    walk = Walk(shop, source)
    walk.go(steps[: guess.start], steps[guess.start])
    fit = len(layers) == guess.stop - guess.start and guess.fits(source)
    affines = _guessed(shop, walk, layers, guess.longest) if fit else []
    if not fit or not all(affine is None or affine.finite() for affine in affines):
        yield from _rest(walk, steps[guess.start :])
        return
    bands = rolled(layers, affines, walk.map, shop.dtype, shop.heights.lower(), shop.progress)
    if guess.stop == len(steps):
        yield from bands
        return
    walk.collect(bands, _room(shop, layers, walk.map), listens=steps[guess.stop].norm is not None)
    yield from _rest(walk, steps[guess.stop :])


def _rest(walk: Walk, steps: Sequence[Step]) -> Iterator[tuple[int, Tensor]]:
    *before, last = steps
    assert isinstance(last, Layer)
    walk.go(before, last)
    yield from walk.last(last)


def _guessed(shop: Workshop, walk: Walk, layers: Sequence[Layer], longest: int) -> list[Affine | None]:
    """The norms' statistics on a small copy of the map; those of the first one, if it has one, are known exactly."""
    small = small_copy(walk.map.read(0, walk.map.height), longest)
    trial = Walk(replace(shop, progress=shop.progress.silent()), Map(small, None))
    trial.collect(iter([(0, small)]), Map(small, None), listens=True)
    trial.go(layers, None)
    trial.map.give_back()
    shop.progress.add(work_of(layers, *small.shape[2:]))
    return [walk.affine(layers[0]), *trial.affines[1:]]


def _room(shop: Workshop, layers: Sequence[Layer], source: Map) -> Map:
    height, width = source.height, source.width
    for layer in layers:
        height, width = layer.size(height, width)
    return shop.parking.map(layers[-1].conv.out_channels, height, width, shop.dtype)
