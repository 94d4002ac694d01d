"""A plan of tiles, checked and made ready: where each tile lies, what its say is, and which are of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from limner_sdk import Box, Size, StageFailed, Tile, Tiling

from .cutting import columns

#: Where the columns of a tile lie: in the canvas, and in the tile.
Columns = tuple[tuple[slice, slice], ...]


@dataclass(frozen=True, eq=False)
class PlacedTile:
    """A tile, the windows that it fills, and its share (1, 1, h, w) of each cell, float32: all shares sum up to 1."""

    box: Box
    columns: Columns
    share: Tensor

    def add(self, total: Tensor, prediction: Tensor) -> None:
        """Add the tile's share of its `prediction` (B, C, h, w) to `total` (B, C, H, W)."""
        rows = slice(self.box.top, self.box.bottom)
        for canvas, tile in self.columns:
            total[..., rows, canvas].addcmul_(prediction[..., tile], self.share[..., tile])


@dataclass(frozen=True, eq=False)
class Layout:
    """All tiles of one plan. `sized` holds their numbers by size, `is_whole` says that one tile is all there is."""

    tiles: tuple[PlacedTile, ...]
    sized: tuple[tuple[int, ...], ...]
    batch: int | None
    is_whole: bool


def laid_out(tiling: Tiling, size: Size, device: torch.device, tiler: str) -> Layout:
    """The layout of a plan for a latent of `size` cells.

    Raises `StageFailed` for tiles that leave cells out or the canvas, and for weights that cannot be weighed.
    """
    check_bounds(tiling, size, tiler)
    spread = [tuple(columns(tile.box, size.width)) for tile in tiling.tiles]
    weights = [weight_of(tile, tiler) for tile in tiling.tiles]
    total = _total(tiling.tiles, spread, weights, size)
    if not bool((total.isfinite() & (total > 0)).all()):
        raise StageFailed(tiler, _finding(tiling.tiles, spread, weights, size))
    tiles = [
        PlacedTile(tile.box, shown, _share(tile.box, shown, weight, total).to(device, torch.float32))
        for tile, shown, weight in zip(tiling.tiles, spread, weights, strict=True)
    ]
    boxes = [tile.box for tile in tiles]
    return Layout(tuple(tiles), _by_size(boxes), tiling.batch, boxes == [Box(0, 0, *size)])


def check_bounds(tiling: Tiling, size: Size, tiler: str) -> None:
    """Raises `StageFailed` for what is no tiling, and for tiles that leave the canvas."""
    if not isinstance(tiling, Tiling):
        raise StageFailed(tiler, f"it gave a {type(tiling).__name__} instead of a Tiling")
    if tiling.batch is not None and tiling.batch < 1:
        raise StageFailed(tiler, f"it wants {tiling.batch} tiles in a batch; it must be one or more")
    for tile in tiling.tiles:
        if not _fits(tile.box, size, tiling.wraps):
            raise StageFailed(tiler, f"it puts a tile at {tuple(tile.box)}, which leaves the canvas of {size} cells")


def _fits(box: Box, size: Size, wraps: bool) -> bool:
    if min(box.width, box.height) < 1 or box.left < 0 or box.top < 0 or box.bottom > size.height:
        return False
    if wraps:
        return box.left < size.width and box.width <= size.width
    return box.right <= size.width


def weight_of(tile: Tile, tiler: str) -> Tensor:
    """A tile's weight (h, w), float64. Raises `StageFailed` for one of another shape."""
    weight = torch.as_tensor(tile.weight, dtype=torch.float64, device="cpu")
    shape = (tile.box.height, tile.box.width)
    if weight.ndim and tuple(weight.shape) != shape:
        raise StageFailed(tiler, f"it gives a weight of shape {tuple(weight.shape)} to a tile of {shape} cells")
    return weight.expand(shape)


def _total(tiles: Sequence[Tile], spread: Sequence[Columns], weights: Sequence[Tensor], size: Size) -> Tensor:
    """What the weights of all tiles sum up to, (H, W)."""
    total = torch.zeros(size.height, size.width, dtype=torch.float64)
    for tile, shown, weight in zip(tiles, spread, weights, strict=True):
        for canvas, part in shown:
            total[tile.box.top : tile.box.bottom, canvas] += weight[:, part]
    return total


def _share(box: Box, shown: Columns, weight: Tensor, total: Tensor) -> Tensor:
    """A tile's share (1, 1, h, w) of all weights in its cells."""
    rows = total[box.top : box.bottom]
    parts = [weight[:, part] / rows[:, canvas] for canvas, part in shown]
    return (parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1))[None, None]


def _finding(tiles: Sequence[Tile], spread: Sequence[Columns], weights: Sequence[Tensor], size: Size) -> str:
    """What is wrong with tiles whose weights do not sum up to something above 0 everywhere."""
    missing = int((_total(tiles, spread, [torch.ones_like(weight) for weight in weights], size) == 0).sum())
    if missing:
        return f"it leaves {missing} of {size.width * size.height} cells in no tile"
    for tile, weight in zip(tiles, weights, strict=True):
        if not bool(weight.isfinite().all()):
            return f"it gives a weight that is not finite to the tile at {tuple(tile.box)}"
    return "its weights do not sum up to something above 0 in every cell"


def _by_size(boxes: Sequence[Box]) -> tuple[tuple[int, ...], ...]:
    """The numbers of the boxes of each size, in their order."""
    found: dict[Size, list[int]] = {}
    for number, box in enumerate(boxes):
        found.setdefault(Size(box.width, box.height), []).append(number)
    return tuple(map(tuple, found.values()))
