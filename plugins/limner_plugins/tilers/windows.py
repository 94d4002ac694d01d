"""What say a tile has in each of its cells: the same everywhere, or less towards its edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, pi, sin
from typing import TypeAlias

from limner_sdk import Tensor

from .axes import Stretch

#: What gives the weight of the tile that lies in a stretch of columns and a stretch of rows.
Window: TypeAlias = Callable[[Stretch, Stretch], float | Tensor]


def uniform(columns: Stretch, rows: Stretch) -> float:
    """Every cell counts as much: MultiDiffusion, arXiv:2302.08113."""
    return 1.0


def raised_cosine(columns: Stretch, rows: Stretch) -> Tensor:
    """Rises across exactly what the tile shares with its neighbours, and is 1 elsewhere."""
    return _product(_slopes(*columns[1:]), _slopes(*rows[1:]))


@dataclass(frozen=True)
class Gaussian:
    """A normal density around the tile's middle, Mixture of Diffusers, arXiv:2302.02412.

    The variance is in units of the tile's squared side, each axis with its own.
    """

    variance: float

    def __call__(self, columns: Stretch, rows: Stretch) -> Tensor:
        """The weight of one tile."""
        return _product(self._density(columns.length), self._density(rows.length))

    def _density(self, length: int) -> tuple[float, ...]:
        middle = (length - 1) / 2
        return tuple(exp(-(((k - middle) / length) ** 2) / (2 * self.variance)) for k in range(length))


@lru_cache(maxsize=256)
def _slopes(length: int, before: int, after: int) -> tuple[float, ...]:
    """Where two tiles meet, their slopes sum up to 1: sin² + cos² = 1."""
    rising = [_slope(k, before) for k in range(length)]
    falling = [_slope(k, after) for k in reversed(range(length))]
    return tuple(up * down for up, down in zip(rising, falling, strict=True))


def _slope(cell: int, cells: int) -> float:
    return 1.0 if cell >= cells else sin(pi / 2 * (cell + 0.5) / cells) ** 2


@lru_cache(maxsize=256)
def _product(across: tuple[float, ...], down: tuple[float, ...]) -> Tensor:
    """The outer product (h, w), float64: the Gaussian's corners are too small for less."""
    # The catalogue is made without torch.
    import torch

    columns, rows = (torch.tensor(values, dtype=torch.float64) for values in (across, down))
    return rows[:, None] * columns
