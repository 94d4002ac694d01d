"""Along one axis of the canvas: which pixels go through the network together, and what say each has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import exp
from typing import Final, NamedTuple

#: What goes through the network begins and ends at multiples of this many pixels, as latent cells do.
CELL: Final = 8
#: How many of its own widths away a Gaussian ends.
SIGMAS: Final = 2.5


class Stretch(NamedTuple):
    """`length` pixels from `start` on. Their say rises from 0 to 1 over `rise`, and falls over `fall` (from, to)."""

    start: int
    length: int
    rise: tuple[float, float]
    fall: tuple[float, float]

    @property
    def stop(self) -> int:
        """The first pixel that is no longer inside."""
        return self.start + self.length

    def holds(self, place: float) -> bool:
        """Whether this is the stretch with the most say at `place`."""
        return sum(self.rise) / 2 <= place < sum(self.fall) / 2


def even(side: int, length: int, padding: int, reach: float) -> tuple[Stretch, ...]:
    """As few stretches as share twice `padding` pixels or more with each other, spread evenly over `side` pixels.

    `side` and `length` are multiples of `CELL`. One fades into the other over at most `reach` pixels at each side of
    the middle of what they share; their shares sum up to 1 everywhere.
    """
    if length >= side:
        return (Stretch(0, side, (0, 0), (side, side)),)
    room, stride = (side - length) // CELL, (length - 2 * padding) // CELL
    gaps = -(-room // stride)
    starts = [CELL * (k * room // gaps) for k in range(gaps + 1)]
    fades = [_fade(starts, k, side, length, reach) for k in range(len(starts) + 1)]
    return tuple(Stretch(start, length, *fades[k : k + 2]) for k, start in enumerate(starts))


def _fade(starts: Sequence[int], number: int, side: int, length: int, reach: float) -> tuple[float, float]:
    """Where the say goes over to the stretch of this number from the one before it."""
    borders = [0, *((before + length + after) / 2 for before, after in pairwise(starts)), side]
    if number in (0, len(starts)):
        return borders[number], borders[number]
    shared = starts[number - 1] + length - starts[number]
    # Three stretches must never fade into each other at the same place.
    between = min(borders[number] - borders[number - 1], borders[number + 1] - borders[number])
    # The outermost cells saw the least around them: they are shown to the network, and kept.
    half = min(reach, max(shared / 2 - CELL, shared / 4), between / 2)
    return borders[number] - half, borders[number] + half


def over_border(border: float, side: int, length: int, width: float) -> Stretch:
    """A stretch around `border`, where its say is 1; it is 0 from half of `width` away."""
    length = min(length, side)
    start = round((border - length / 2) / CELL) * CELL
    start = min(max(start, 0), side - length)
    return Stretch(start, length, (border - width / 2, border), (border, border + width / 2))


def borders(stretches: Sequence[Stretch]) -> list[float]:
    """Where one stretch gives way to the next."""
    return [sum(stretch.rise) / 2 for stretch in stretches[1:]]


@lru_cache(maxsize=256)
def profile(stretch: Stretch, blur: float = 0.0) -> tuple[float, ...]:
    """The say of each pixel, smoothed by a Gaussian of `blur` pixels."""
    places = (stretch.start + k + 0.5 for k in range(stretch.length))
    sharp = [min(_slope(x, *stretch.rise), 1 - _slope(x, *stretch.fall)) for x in places]
    return _smoothed(sharp, blur) if blur else tuple(sharp)


def _slope(place: float, low: float, high: float) -> float:
    if high <= low:
        return float(place >= high)
    return min(max((place - low) / (high - low), 0.0), 1.0)


def _smoothed(values: Sequence[float], blur: float) -> tuple[float, ...]:
    """Under a Gaussian that ends where nothing is."""
    reach = round(SIGMAS * blur)
    window = [exp(-((k / blur) ** 2) / 2) for k in range(-reach, reach + 1)]
    total = sum(window)
    padded = [0.0] * reach + list(values) + [0.0] * reach
    taps = range(len(window))
    return tuple(sum(padded[k + tap] * window[tap] for tap in taps) / total for k in range(len(values)))
