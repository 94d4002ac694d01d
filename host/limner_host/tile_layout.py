"""A plan of tiles, checked and made ready: where each tile lies, what its say is, and which are of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from limner_sdk import Box, Params, Size, StageFailed, Tile, TilerDef, Tiling

from .blame import blaming
from .cutting import columns
from .offers import Offer
from .run import TilerRun

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


def planned(offer: Offer[TilerDef[Any]], size: Size, step: int, run: TilerRun, params: Params) -> Tiling:
    """The tiler's own plan, not yet checked. Raises `StageFailed` for what is no `Tiling`."""
    with blaming(offer.id, "plan"):
        tiling: object = offer.definition.plan(size, step, run, params)
    if not isinstance(tiling, Tiling):
        raise StageFailed(offer.id, f"it gave a {type(tiling).__name__} instead of a Tiling")
    return tiling


def laid_out(tiling: Tiling, size: Size, device: torch.device, tiler: str) -> Layout:
    """The layout of a plan for a latent of `size` cells. Raises `StageFailed` for what is no plan for it."""
    with blaming(tiler, "plan"):
        problem = tiling.problem(size)
    if problem:
        raise StageFailed(tiler, problem)
    spread = [tuple(columns(tile.box, size.width)) for tile in tiling.tiles]
    weights = [_weight(tile) for tile in tiling.tiles]
    total = _total(tiling.tiles, spread, weights, size)
    tiles = [
        PlacedTile(tile.box, shown, _share(tile.box, shown, weight, total).to(device, torch.float32))
        for tile, shown, weight in zip(tiling.tiles, spread, weights, strict=True)
    ]
    boxes = [tile.box for tile in tiles]
    return Layout(tuple(tiles), _by_size(boxes), tiling.batch, boxes == [Box(0, 0, *size)])


def _weight(tile: Tile) -> Tensor:
    """A tile's weight (h, w), float64."""
    weight = torch.as_tensor(tile.weight, dtype=torch.float64, device="cpu")
    return weight.expand(tile.box.height, tile.box.width)


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


def _by_size(boxes: Sequence[Box]) -> tuple[tuple[int, ...], ...]:
    """The numbers of the boxes of each size, in their order."""
    found: dict[Size, list[int]] = {}
    for number, box in enumerate(boxes):
        found.setdefault(Size(box.width, box.height), []).append(number)
    return tuple(map(tuple, found.values()))
