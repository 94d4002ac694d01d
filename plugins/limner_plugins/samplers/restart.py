"""Restart: Heun's steps, with some noise added again near the end and the way down walked once more."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Final

from limner_sdk import Denoise, Params, SamplerContext, Sigmas, Tensor, param

from .euler import heun_step

_RHO: Final = 7.0


class RestartParams(Params):
    """Between which levels the walk is repeated."""

    low: float = param(0.1, "About where the walk turns back, in sigma.", ge=0.01, le=10)
    high: float = param(2.0, "About how far back up it goes, in sigma.", ge=0.01, le=100)
    noise_scale: float = param(1.0, "Scale of the noise that leads back up.", ge=0, le=2)


def restart(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: RestartParams) -> Tensor:
    """Algorithm 1 of Xu et al. 2023 (arXiv:2306.14878) over as many steps as `sigmas` has."""
    level = sigmas[0]
    for sigma, below in itinerary(sigmas, params):
        if sigma > level:
            x = x + ctx.noise_like(x) * (params.noise_scale * sqrt(sigma**2 - level**2))
        x = heun_step(denoise, x, denoise(x, sigma), sigma, below)
        level = below
    return x


def itinerary(sigmas: Sigmas, params: RestartParams) -> list[tuple[float, float]]:
    """The steps, those of the repeats among them: one repeat of 9 from 20 steps on, two of a quarter from 36 on.

    The steps that repeats take are saved on the way down, whose levels are resampled. A walk that is too short, or
    that begins below the turn, has no repeats.
    """
    steps = len(sigmas) - 1
    times, again = (2, steps // 4) if steps >= 36 else (1, 9)
    levels = resampled(sigmas, steps - times * again) if steps >= 20 else list(sigmas)
    positive = [sigma for sigma in levels if sigma > 0]
    low = min(positive, key=lambda sigma: abs(sigma - params.low))
    high = min(positive, key=lambda sigma: abs(sigma - params.high))
    if steps < 20 or high <= low:
        return list(pairwise(sigmas))
    turn = levels.index(low)
    repeat = list(pairwise(curve(high, low, again + 1)))
    return [*pairwise(levels[: turn + 1]), *repeat * times, *pairwise(levels[turn:])]


def resampled(sigmas: Sigmas, steps: int) -> list[float]:
    """The same way down in `steps` steps: straight lines between levels to the power 1 / 7.

    A Karras schedule of rho 7 becomes the Karras schedule of fewer steps.
    """
    positive = [sigma for sigma in sigmas if sigma > 0]
    roots = [sigma ** (1 / _RHO) for sigma in positive]
    last = steps - 1 if sigmas[-1] == 0 else steps
    inner = [_between(roots, i * (len(roots) - 1) / last) ** _RHO for i in range(1, last)]
    levels = [positive[0], *inner, positive[-1]]
    return [*levels, 0.0] if sigmas[-1] == 0 else levels


def _between(values: list[float], place: float) -> float:
    below = min(int(place), len(values) - 2)
    return values[below] + (place - below) * (values[below + 1] - values[below])


def curve(high: float, low: float, count: int) -> list[float]:
    """`count` levels from `high` to `low`, equation 5 of Karras et al. 2022 (arXiv:2206.00364)."""
    top, bottom = high ** (1 / _RHO), low ** (1 / _RHO)
    inner = [(top + i / (count - 1) * (bottom - top)) ** _RHO for i in range(1, count - 1)]
    return [high, *inner, low]
