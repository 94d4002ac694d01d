"""The records that plugins' functions give: tiles, areas with seeds of their own, things found in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .types import Box, Image, Tensor


@dataclass(frozen=True)
class Tile:
    """One part of a latent that is predicted by itself.

    `weight` gives a tile's say where tiles overlap: a number for all of it, rows of numbers, one a cell, or the same
    as a tensor (height, width).
    """

    box: Box
    weight: float | Sequence[Sequence[float]] | Tensor = 1.0


@dataclass(frozen=True)
class Tiling:
    """All tiles of one step. A plan that gives the very same object again saves the host work.

    `batch` is how many tiles of the same size go through the network at once, chosen by free memory if it is None.
    `wraps` makes the latent a ring, whose left and right edges touch: a box may go on past the right edge.
    """

    tiles: Sequence[Tile]
    batch: int | None = None
    wraps: bool = False


@dataclass(frozen=True)
class SeededArea:
    """The cells where `mask` (h, w), a bool tensor of the canvas' size, is true take their noise from `seed`."""

    mask: Tensor
    seed: int


@dataclass(frozen=True)
class Detection:
    """One thing found in a picture: its box in pixels, how sure the detector is (0 … 1), and its mask if it has one."""

    box: Box
    confidence: float
    label: str
    mask: Image | None = None
