"""UniPC: a predictor whose step is corrected, without a further evaluation, by the prediction at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import expm1, factorial, log
from typing import Literal, NamedTuple

from limner_sdk import Denoise, Params, SamplerContext, Sigmas, Tensor, param

from .parts import first_order


class UnipcParams(Params):
    """The solver's order and variant."""

    variant: Literal["bh1", "bh2"] = param("bh1", "The function B(h) of the paper.")
    order: int = param(3, "How many predictions are combined.", ge=1, le=3)
    lower_order_final: bool = param(True, "Take the last steps at lower orders, which is steadier.")


class _Step(NamedTuple):
    """A step from the level `sigma`, where the latent was `x` and the prediction `x0`."""

    x: Tensor
    x0: Tensor
    sigma: float
    below: float


def unipc(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: UnipcParams) -> Tensor:
    """Algorithms 5 to 8 of Zhao et al. 2023 (arXiv:2302.04867): multistep UniPC that predicts x0, with alpha = 1."""
    steps = len(sigmas) - 1
    earlier: deque[tuple[float, Tensor]] = deque(maxlen=params.order)
    last, order = None, 0
    for i, (sigma, below) in enumerate(pairwise(sigmas)):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        if last is not None:
            x = unified(last, [*list(earlier)[1:order], (sigma, x0)], params.variant)
        earlier.appendleft((sigma, x0))
        last = _Step(x, x0, sigma, below)
        order = min(params.order, i + 1, steps - i if params.lower_order_final else steps)
        x = unified(last, list(earlier)[1:order], params.variant)
    return x


def unified(step: _Step, others: Sequence[tuple[float, Tensor]], variant: str) -> Tensor:
    """One step with the help of predictions at other levels: past ones to predict, the one at its end to correct."""
    moved = first_order(step.x, step.x0, step.sigma, step.below)
    if not others:
        return moved
    h = log(step.sigma / step.below)
    ratios = [log(step.sigma / level) / h for level, _ in others]
    scale = -h if variant == "bh1" else expm1(-h)
    for ratio, weight, (_, x0) in zip(ratios, _weights(h, ratios, scale), others, strict=True):
        moved = moved - (x0 - step.x0) * (scale * weight / ratio)
    return moved


def _weights(h: float, ratios: Sequence[float], scale: float) -> list[float]:
    """The paper's a: they solve R a = b with rows of powers of the ratios. One alone is 1/2, which is exact enough."""
    import numpy

    if len(ratios) == 1:
        return [0.5]
    phi, values = expm1(-h) / -h - 1, []
    for k in range(1, len(ratios) + 1):
        values.append(phi * factorial(k) / scale)
        phi = phi / -h - 1 / factorial(k + 1)
    rows = [[ratio**k for ratio in ratios] for k in range(len(ratios))]
    return [float(weight) for weight in numpy.linalg.solve(rows, values)]
