"""Classifier-free guidance: from a model to a guided prediction, for a batch or picture by picture."""

from __future__ import annotations

from math import sqrt
from typing import Final

import torch
from torch import Tensor

from limner_sdk import Guidance, Model, Predict

from .kept import Kept

#: How many guidances are remembered row by row: one for each tile, for some stretches of a prompt.
MOST_KEPT: Final = 512


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

    known: Kept[list[Guidance]] = Kept(MOST_KEPT)

    def each(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        if len(x) == 1:
            return predict(x, sigma, guidance)
        # The same object comes again until the prompt changes, one for each tile.
        rows = known.get((guidance,), lambda: [guidance.rows(k, k + 1) for k in range(len(x))])
        return torch.cat([predict(x[k : k + 1], sigma, row) for k, row in enumerate(rows)])

    return each
