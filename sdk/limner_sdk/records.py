"""The records that plugins' functions give: tiles, areas with seeds of their own, things found in pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Protocol

from .types import Box, Image, Size, Tensor


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

    def problem(self, size: Size) -> str | None:
        """What makes this no plan for a latent of `size` cells, as a sentence about "it"; None if it is one.

        Batches are of one tile or more, boxes lie on the canvas, and weights, finite and not negative, sum up to
        something above 0 in every cell.
        """
        return _problem_of_plan(self) or _problem_of_tiles(self, size) or _problem_of_cover(self.tiles, size)


def _problem_of_plan(tiling: Tiling) -> str | None:
    if not isinstance(tiling.tiles, Sequence):
        return f"it gives its tiles as {_kind(tiling.tiles)} instead of a list or tuple"
    if tiling.batch is None or (isinstance(tiling.batch, int) and tiling.batch > 0):
        return None
    return f"it wants {tiling.batch!r} tiles in a batch; it must be a whole number above 0, or None"


def _problem_of_tiles(tiling: Tiling, size: Size) -> str | None:
    return next(filter(None, (_problem_of_tile(tile, size, tiling.wraps) for tile in tiling.tiles)), None)


def _problem_of_tile(tile: Tile, size: Size, wraps: bool) -> str | None:
    if not isinstance(tile, Tile):
        return f"it gives {_kind(tile)} instead of a Tile"
    if not (isinstance(tile.box, Box) and all(isinstance(side, int) for side in tile.box)):
        return f"it gives a tile whose box is {tile.box!r} instead of a Box of whole numbers"
    if not _lies_on(tile.box, size, wraps):
        return f"it puts a tile at {tuple(tile.box)}, which leaves the canvas of {size} cells"
    return _problem_of_weight(tile)


def _lies_on(box: Box, size: Size, wraps: bool) -> bool:
    if min(box.width, box.height) < 1 or min(box.left, box.top) < 0 or box.bottom > size.height:
        return False
    # On a ring, whoever begins past the edge could begin before it.
    return box.left < size.width and box.width <= size.width if wraps else box.right <= size.width


def _problem_of_weight(tile: Tile) -> str | None:
    place, shape = tuple(tile.box), (tile.box.height, tile.box.width)
    try:
        weight = _weight(tile)
    except (TypeError, ValueError, RuntimeError):
        return f"it gives a weight that is neither a number nor even rows of numbers to the tile at {place}"
    if weight.ndim and tuple(weight.shape) != shape:
        return f"it gives a weight of shape {tuple(weight.shape)} to a tile of {shape} cells"
    least, most = map(float, weight.aminmax())
    if not (isfinite(least) and isfinite(most)):
        return f"it gives a weight that is not finite to the tile at {place}"
    return f"it gives a negative weight to the tile at {place}" if least < 0 else None


def _problem_of_cover(tiles: Sequence[Tile], size: Size) -> str | None:
    """Of tiles that are fine each by itself."""
    total = _summed(((tile.box, _weight(tile)) for tile in tiles), size)
    if bool((total.isfinite() & (total > 0)).all()):
        return None
    missing = int((_summed(((tile.box, 1) for tile in tiles), size) == 0).sum())
    if missing:
        return f"it leaves {missing} of {size.width * size.height} cells in no tile"
    return "its weights do not sum up to something above 0 in every cell"


def _summed(parts: Iterable[tuple[Box, Tensor | int]], size: Size) -> Tensor:
    """What lies in the boxes, added up over the canvas (H, W)."""
    import torch

    # A box that goes on past the right edge lies on a second canvas beside the first.
    both = torch.zeros(size.height, 2 * size.width, dtype=torch.float64)
    for box, values in parts:
        both[box.top : box.bottom, box.left : box.right] += values
    return both[:, : size.width] + both[:, size.width :]


def _weight(tile: Tile) -> Tensor:
    """A tile's weight as a tensor, float64 as the corners of a steep window are too small for less."""
    import torch

    return torch.as_tensor(tile.weight, dtype=torch.float64, device="cpu")


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"


@dataclass(frozen=True)
class SeededArea:
    """The cells where `mask` (h, w), a bool tensor of the canvas' size, is true take their noise from `seed`."""

    mask: Tensor
    seed: int


class WeightFile(Protocol):
    """A file of weights that the admin has put into the host's folder for this kind of part."""

    @property
    def name(self) -> str:
        """What a definition may be called after it: the file's name in lower case, without its ending."""
        ...

    @property
    def label(self) -> str:
        """The file's name without its ending."""
        ...

    @property
    def file(self) -> str:
        """The file's name."""
        ...

    @property
    def path(self) -> Path:
        """Where it lies, for formats that only a library of their own reads; never unpickle what lies there."""
        ...

    def metadata(self) -> Mapping[str, str]:
        """What its header says beside the tensors; nothing is loaded. Raises `UnusableModel` as `tensors` does."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name, on the CPU.

        A pickle is read if the admin allows its digest, in a process of its own. Raises `UnusableModel` with a sentence
        for a file that is damaged or not allowed.
        """
        ...


@dataclass(frozen=True)
class Detection:
    """One thing found in a picture: its box in pixels, how sure the detector is (0 … 1), and its mask if it has one.

    `mask` is a grey picture of the size of the whole picture, white on the thing.
    """

    box: Box
    confidence: float
    label: str
    mask: Image | None = None

    def problem(self, size: Size) -> str | None:
        """What makes this no detection in a picture of `size` pixels, as a sentence about "it"; None if it is one."""
        box = self.box
        if min(box) < 0 or min(box.width, box.height) < 1 or box.right > size.width or box.bottom > size.height:
            return f"it finds a {self.label} at {tuple(box)}, which is not a box on a picture of {size}"
        if not 0 <= self.confidence <= 1:
            return f"it is {self.confidence} sure of a {self.label}; the most is 1"
        if self.mask is not None and (self.mask.mode, self.mask.size) != ("L", tuple(size)):
            return f"it gives a mask of {self.mask.mode} {self.mask.size} instead of L {tuple(size)}"
        return None
