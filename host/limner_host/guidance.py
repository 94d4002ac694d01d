"""Classifier-free guidance, denoiser plugins around it, and tiles: from a model to what a sampler calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor

from limner_sdk import Guidance, Model, Params, Predict, Size, StageFailed, Tile, TilerDef

from .blame import blamed
from .offers import Offer


def guided(model: Model) -> Predict:
    """x0 = negative + scale · sum of weight · (positive - negative), from one call of the network where it can be.

    Classifier-free guidance is arXiv:2207.12598, several positives compose as in arXiv:2206.01714.
    """

    def predict(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        (first, weight), *more = guidance.positives
        if guidance.scale == weight == 1 and not more:
            return model.predict(x, sigma, first)
        *positives, negative = _predictions(model, x, sigma, guidance)
        if not more:
            drawn = torch.lerp(negative, positives[0], guidance.scale * weight)
        else:
            weights = (guidance.scale * each for _, each in guidance.positives)
            drawn = negative + sum(w * (positive - negative) for w, positive in zip(weights, positives, strict=True))
        return rescaled(x, sigma, drawn, positives[0], guidance.rescale) if guidance.rescale else drawn

    return predict


def _predictions(model: Model, x: Tensor, sigma: float, guidance: Guidance) -> tuple[Tensor, ...]:
    """What each positive, and last the negative, makes of `x`."""
    together = guidance.together
    if together is None:
        conditionings = [*(cond for cond, _ in guidance.positives), guidance.negative]
        return tuple(model.predict(x, sigma, cond) for cond in conditionings)
    count = len(guidance.positives) + 1
    return model.predict(torch.cat([x] * count), sigma, together).chunk(count)


def rescaled(x: Tensor, sigma: float, drawn: Tensor, positive: Tensor, share: float) -> Tensor:
    """Give `drawn` the spread of the unguided `positive`, by the `share` 0 … 1 (arXiv:2305.08891, section 3.4).

    The paper rescales the network's velocity v = s (noise - sigma x0), s = 1 / sqrt(1 + sigma²), per picture.
    """
    signal = 1 / sqrt(1 + sigma**2)
    spread = [_velocity(x, sigma, signal, x0).std(dim=(1, 2, 3), keepdim=True) for x0 in (positive, drawn)]
    factor = torch.lerp(torch.ones_like(spread[0]), spread[0] / spread[1], share)
    return signal**2 * x - sigma * signal * factor * _velocity(x, sigma, signal, drawn)


def _velocity(x: Tensor, sigma: float, signal: float, x0: Tensor) -> Tensor:
    return signal * ((x - x0) / sigma - sigma * x0)


def one_by_one(predict: Predict) -> Predict:
    """Predict each picture of a batch by itself, so that no picture depends on its neighbours' number."""

    known: tuple[Guidance, list[Guidance]] | None = None

    def rows_of(guidance: Guidance, count: int) -> list[Guidance]:
        """The guidance of each picture, which is the same object until the prompt changes."""
        nonlocal known
        if known is None or known[0] is not guidance or len(known[1]) != count:
            known = guidance, [guidance.rows(k, k + 1) for k in range(count)]
        return known[1]

    def each(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        if len(x) == 1:
            return predict(x, sigma, guidance)
        rows = rows_of(guidance, len(x))
        return torch.cat([predict(x[k : k + 1], sigma, row) for k, row in enumerate(rows)])

    return each


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
