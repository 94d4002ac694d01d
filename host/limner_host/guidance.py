"""Classifier-free guidance, denoiser plugins around it, and tiles: from a model to what a sampler calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from limner_sdk import Guidance, Model, Params, Predict, Size, StageFailed, Tile, TilerDef

from .blame import blamed
from .offers import Offer


def guided(model: Model) -> Predict:
    """x0 = negative + scale · (positive - negative), arXiv:2207.12598; both from one call of the network."""

    def predict(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        if guidance.scale == 1:
            return model.predict(x, sigma, guidance.positive)
        positive, negative = model.predict(torch.cat([x, x]), sigma, guidance.both).chunk(2)
        return torch.lerp(negative, positive, guidance.scale)

    return predict


def one_by_one(predict: Predict) -> Predict:
    """Predict each picture of a batch by itself, so that no picture depends on its neighbours' number."""

    def each(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        if len(x) == 1:
            return predict(x, sigma, guidance)
        rows = [predict(x[k : k + 1], sigma, _row(guidance, k)) for k in range(len(x))]
        return torch.cat(rows)

    return each


def _row(guidance: Guidance, k: int) -> Guidance:
    return Guidance(guidance.positive.rows(k, k + 1), guidance.negative.rows(k, k + 1), guidance.scale)


def tiled(predict: Predict, offer: Offer[TilerDef[Any]], params: Params, at: Callable[[float], int]) -> Predict:
    """Predict tile by tile and fuse the predictions by weight; `at` gives the number of the step at a level.

    The weighted mean of predictions is MultiDiffusion's (arXiv:2302.08113). Raises `StageFailed` for a plan that
    leaves cells out or the canvas.
    """
    plan = blamed(offer.id, "plan", offer.definition.plan)

    def fused(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        size = Size(x.shape[-1], x.shape[-2])
        total, weights = torch.zeros_like(x), torch.zeros_like(x[:1, :1])
        for tile in checked_plan(plan(size, at(sigma), params), size, offer.id):
            box, weight = tile.box, weight_of(tile, x)
            window = (..., slice(box.top, box.bottom), slice(box.left, box.right))
            total[window] += weight * predict(x[window], sigma, guidance.crop(box))
            weights[window] += weight
        return total / weights

    return fused


def checked_plan(plan: Sequence[Tile], size: Size, tiler: str) -> Sequence[Tile]:
    """`plan`, if its tiles stay on the canvas and cover all of it. Raises `StageFailed` otherwise."""
    covered = torch.zeros(size.height, size.width, dtype=torch.bool)
    for tile in plan:
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
