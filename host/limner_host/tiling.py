"""Tiled diffusion: the prediction of a whole latent, fused from the predictions of its tiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from limner_sdk import Guidance, Params, Predict, Size, StageFailed, Tile, TilerDef, Tiling

from .blame import blamed
from .offers import Offer
from .run import TilerRun


def tiled(
    predict: Predict, offer: Offer[TilerDef[Any]], params: Params, ctx: TilerRun, at: Callable[[float], int]
) -> Predict:
    """Predict tile by tile and fuse the predictions by weight; `at` gives the number of the step at a level.

    The weighted mean of predictions is MultiDiffusion's (arXiv:2302.08113). Raises `StageFailed` for a plan that
    leaves cells out or the canvas.
    """
    plan = blamed(offer.id, "plan", offer.definition.plan)

    def fused(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        size = Size(x.shape[-1], x.shape[-2])
        total, weights = torch.zeros_like(x), torch.zeros_like(x[:1, :1])
        for tile in checked_plan(plan(size, at(sigma), ctx, params), size, offer.id).tiles:
            box, weight = tile.box, weight_of(tile, x)
            window = (..., slice(box.top, box.bottom), slice(box.left, box.right))
            total[window] += weight * predict(x[window], sigma, guidance.crop(box))
            weights[window] += weight
        return total / weights

    return fused


def checked_plan(plan: Tiling, size: Size, tiler: str) -> Tiling:
    """`plan`, if its tiles stay on the canvas and cover all of it. Raises `StageFailed` otherwise."""
    covered = torch.zeros(size.height, size.width, dtype=torch.bool)
    for tile in plan.tiles:
        box = tile.box
        if box.left < 0 or box.top < 0 or box.right > size.width or box.bottom > size.height or min(box[2:]) < 1:
            raise StageFailed(tiler, f"it puts a tile at {tuple(box)}, which leaves the canvas of {size} cells")
        covered[box.top : box.bottom, box.left : box.right] = True
    missing = int((~covered).sum())
    if missing:
        raise StageFailed(tiler, f"it leaves {missing} of {size.width * size.height} cells in no tile")
    return plan


def weight_of(tile: Tile, like: Tensor) -> Tensor:
    """A tile's weight as (1, 1, height, width) or a single number."""
    return torch.as_tensor(tile.weight, dtype=like.dtype, device=like.device)
