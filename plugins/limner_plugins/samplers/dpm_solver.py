"""DPM fast and DPM adaptive: DPM-Solver (Lu et al. 2022, arXiv:2206.00927), which chooses its own levels.

Of the schedule they take the first level and the last one above 0; what is left of the noise there is then removed.
With lambda = -log sigma, h is a step in lambda, and sigma' expm1(h) = sigma - sigma'.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import atan, exp, isnan, log, sqrt
from typing import Final, NamedTuple

from limner_sdk import Denoise, Params, SamplerContext, Sigmas, Tensor, param

from .parts import AncestralParams, ancestral_split, lowest

_FIRST_H: Final = 0.05
_LEAST_H: Final = 1e-3
_ACCEPTED: Final = 0.81


class AdaptiveParams(Params):
    """How exact the adaptive solver is, and how much noise is drawn afresh."""

    rtol: float = param(0.05, "Largest relative error of a step.", ge=0.001, le=1)
    atol: float = param(0.0078, "Largest absolute error of a step.", ge=0.0001, le=1)
    eta: float = param(1.0, "Share of fresh noise in each step; 0 is deterministic.", ge=0, le=1)
    noise_scale: float = param(1.0, "Scale of the fresh noise.", ge=0, le=2)


class _Solved(NamedTuple):
    """Where a step led, and the slope that was evaluated last on the way."""

    x: Tensor
    slope: Tensor


def slope_at(denoise: Denoise, x: Tensor, sigma: float) -> Tensor:
    """The slope d of the probability flow, which is the network's noise."""
    return (x - denoise(x, sigma)) / sigma


def solver_1(denoise: Denoise, x: Tensor, d: Tensor, sigma: float, below: float) -> _Solved:
    """DPM-Solver-1, where the slope is `d` at `sigma`."""
    return _Solved(x - d * (sigma - below), d)


def solver_2(denoise: Denoise, x: Tensor, d: Tensor, sigma: float, below: float) -> _Solved:
    """DPM-Solver-2 with r1 = 1/2."""
    middle = sqrt(sigma * below)
    d1 = slope_at(denoise, x - d * (sigma - middle), middle)
    return _Solved(second(x, d, d1, sigma, below, 1 / 2), d1)


def solver_3(denoise: Denoise, x: Tensor, d: Tensor, sigma: float, below: float) -> _Solved:
    """DPM-Solver-3 with r1 = 1/3 and r2 = 2/3."""
    d1 = third_of_the_way(denoise, x, d, sigma, below)
    return third(denoise, x, d, d1, sigma, below)


def second(x: Tensor, d: Tensor, d1: Tensor, sigma: float, below: float, r1: float) -> Tensor:
    """The end of DPM-Solver-2, `d1` being the slope at the share `r1` of the way in lambda."""
    return x - (d + (d1 - d) / (2 * r1)) * (sigma - below)


def third_of_the_way(denoise: Denoise, x: Tensor, d: Tensor, sigma: float, below: float) -> Tensor:
    """The slope at a third of the way in lambda."""
    level = sigma * (below / sigma) ** (1 / 3)
    return slope_at(denoise, x - d * (sigma - level), level)


def third(denoise: Denoise, x: Tensor, d: Tensor, d1: Tensor, sigma: float, below: float) -> _Solved:
    """The end of DPM-Solver-3, `d1` being the slope at a third of the way."""
    h, level = log(sigma / below), sigma * (below / sigma) ** (2 / 3)
    bend = (sigma - level) / (h * 2 / 3) - level
    d2 = slope_at(denoise, x - d * (sigma - level) - (d1 - d) * (2 * bend), level)
    bend = (sigma - below) / h - below
    return _Solved(x - d * (sigma - below) - (d2 - d) * (1.5 * bend), d2)


_SOLVERS: Final[dict[int, Callable[..., _Solved]]] = {1: solver_1, 2: solver_2, 3: solver_3}


def split_above(sigma: float, below: float, low: float, eta: float) -> tuple[float, float]:
    """The ancestral split, not going below `low`."""
    down = max(low, ancestral_split(sigma, below, eta)[0]) if eta > 0 else below
    return down, sqrt(max(0.0, below**2 - down**2))


def dpm_fast(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """DPM-Solver-fast: equal blocks in log sigma, of order 3 but for the last, with as many evaluations as steps.

    k-diffusion ends at the lowest level; here its noise is removed along the slope that was evaluated last.
    """
    steps, low = len(sigmas) - 1, lowest(sigmas)
    if low == sigmas[0]:
        return denoise(x, low)
    orders = block_orders(steps)
    levels = [sigmas[0] * (low / sigmas[0]) ** (i / len(orders)) for i in range(len(orders))] + [low]
    for (sigma, below), order in zip(pairwise(levels), orders, strict=True):
        down, up = split_above(sigma, below, low, params.eta)
        x, d = _SOLVERS[order](denoise, x, slope_at(denoise, x, sigma), sigma, down)
        if up > 0:
            x = x + ctx.noise_like(x) * (params.noise_scale * up)
    return x - d * low if sigmas[-1] == 0 else x


def block_orders(evaluations: int) -> list[int]:
    """The orders of the blocks, section 3.4 of the paper: as many threes as fit, and the rest."""
    threes, rest = divmod(evaluations, 3)
    return [3] * (threes - 1) + [2, 1] if rest == 0 else [3] * threes + [rest]


def dpm_adaptive(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AdaptiveParams) -> Tensor:
    """DPM-Solver-23: steps of order 3 whose length follows their distance from order 2, until the lowest level.

    One more evaluation there removes what is left of the noise. Each picture has its own steps, and must not depend
    on its neighbours, so the pictures of a batch go one after another; batches of one waste nothing.
    """
    draws: list[Tensor] = []

    def draw(number: int) -> Tensor:
        if number == len(draws):
            draws.append(ctx.noise_like(x))
        return draws[number]

    rows = [_own_walk(denoise, x, row, sigmas, draw, params) for row in range(x.shape[0])]
    return _joined(rows)


def _joined(rows: list[Tensor]) -> Tensor:
    import torch

    return torch.cat(rows)


def _own_walk(
    denoise: Denoise, batch: Tensor, row: int, sigmas: Sigmas, draw: Callable[[int], Tensor], params: AdaptiveParams
) -> Tensor:
    """The walk of one picture, (1, C, H, W); `draw` gives the batch's n-th noise."""

    def alone(x: Tensor, sigma: float) -> Tensor:
        return denoise(x.expand_as(batch), sigma)[row : row + 1]

    def fresh(number: int) -> Tensor:
        return draw(number)[row : row + 1]

    x, low = batch[row : row + 1], lowest(sigmas)
    x = _adapted(alone, x, sigmas[0], low, fresh, params)
    return alone(x, low) if sigmas[-1] == 0 else x


def _adapted(
    denoise: Denoise, x: Tensor, sigma: float, low: float, fresh: Callable[[int], Tensor], params: AdaptiveParams
) -> Tensor:
    h, before, drawn, d = _FIRST_H, x, 0, None
    while log(sigma / low) > 1e-5:
        below = max(low, sigma * exp(-h))
        down, up = split_above(sigma, below, low, params.eta)
        d = slope_at(denoise, x, sigma) if d is None else d
        d1 = third_of_the_way(denoise, x, d, sigma, down)
        rough = second(x, d, d1, sigma, down, 1 / 3)
        fine = third(denoise, x, d, d1, sigma, down).x
        factor = pace(distance(rough, fine, before, params), 1.5 if params.eta > 0 else 3)
        if factor >= _ACCEPTED or h == _LEAST_H:
            before, x, sigma, d = rough, fine, below, None
            if up > 0:
                x, drawn = x + fresh(drawn) * (params.noise_scale * up), drawn + 1
        h = max(h * factor, _LEAST_H)
    return x


def distance(rough: Tensor, fine: Tensor, before: Tensor, params: AdaptiveParams) -> float:
    """How far two orders are apart, 1 being the tolerance: the root of the mean square over the latent."""
    most = rough.abs().maximum(before.abs()).mul(params.rtol).clamp(min=params.atol)
    return float(((rough - fine) / most).square().mean().sqrt())


def pace(error: float, order: float) -> float:
    """By how much the next step is longer, k-diffusion's controller; a broken prediction must not stop the walk."""
    return 1.0 if isnan(error) else 1 + atan((1 / (error + 1e-8)) ** (1 / order) - 1)
