"""LMS, PLMS and DEIS: steps along a combination of the last slopes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import exp, expm1, log, prod, sqrt
from typing import Final

from limner_sdk import Denoise, NoParams, Params, SamplerContext, Sigmas, Tensor, param

from .euler import heun_step
from .parts import first_order


class LmsParams(Params):
    """How far back LMS looks."""

    order: int = param(4, "How many slopes are combined.", ge=1, le=4)


class DeisParams(Params):
    """How far back DEIS looks."""

    order: int = param(3, "How many slopes are combined.", ge=1, le=3)


def lms(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: LmsParams) -> Tensor:
    """Adams and Bashforth's linear multistep method on unequal levels (k-diffusion)."""
    slopes: deque[Tensor] = deque(maxlen=params.order)
    for i, (sigma, below) in enumerate(pairwise(sigmas)):
        x0 = denoise(x, sigma)
        slopes.appendleft((x - x0) / sigma)
        if len(slopes) == 1:
            x = first_order(x, x0, sigma, below)
        else:
            x = x + combined(slopes, adams_weights([sigmas[i - k] for k in range(len(slopes))], below))
    return x


def adams_weights(known: Sequence[float], below: float) -> list[float]:
    """The integral of each Lagrange polynomial through up to four `known` levels, from the first of them to `below`.

    Gauss's rule with two points is exact for cubics.
    """
    half, middle = (below - known[0]) / 2, (below + known[0]) / 2
    places = (middle - half / sqrt(3), middle + half / sqrt(3))

    def lagrange(j: int, place: float) -> float:
        return prod((place - other) / (known[j] - other) for k, other in enumerate(known) if k != j)

    return [half * sum(lagrange(j, place) for place in places) for j in range(len(known))]


#: Adams and Bashforth's weights of 1 to 4 slopes at equal distances, newest first.
_EQUAL: Final = ((1,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))


def plms(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: NoParams) -> Tensor:
    """PNDM without its Runge-Kutta warm-up, Liu et al. 2022 (arXiv:2202.09778), equations 10 and 11 in sigma space.

    The weights suppose equal steps of time. The first step is Heun's and takes one evaluation more; the one to 0 is
    Euler's, since it is no such step.
    """
    slopes: deque[Tensor] = deque(maxlen=4)
    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        slopes.appendleft((x - x0) / sigma)
        if below == 0:
            return x0
        if len(slopes) == 1:
            x = heun_step(denoise, x, x0, sigma, below)
        else:
            x = x + combined(slopes, _EQUAL[len(slopes) - 1]) * (below - sigma)
    return x


def plms_evaluations(steps: int) -> int:
    """One a step and one for the first step's correction, which a single step does without."""
    return steps + 1 if steps > 1 else 1


def deis(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: DeisParams) -> Tensor:
    """DEIS, Zhang and Chen 2022 (arXiv:2204.13902): slopes are extrapolated as a polynomial in log sigma.

    This is the paper's rho-AB with the polynomial in log rho, as in diffusers. The step to 0 is Euler's, since log 0
    is nowhere.
    """
    seen: deque[tuple[float, Tensor]] = deque(maxlen=params.order)
    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        seen.appendleft((log(sigma), (x - x0) / sigma))
        if len(seen) == 1:
            x = first_order(x, x0, sigma, below)
        else:
            x = x + combined([d for _, d in seen], deis_weights([level for level, _ in seen], log(below)))
    return x


def deis_weights(known: Sequence[float], below: float) -> list[float]:
    """The integral over sigma of each Lagrange polynomial in log sigma through two or three `known` log levels.

    It runs from the first of them to the log level `below`. With v = log sigma - known[0], each polynomial is
    c0 + c1 v + c2 v².
    """
    moments = _moments(exp(known[0]), below - known[0])
    a, *rest = (level - known[0] for level in known[1:])
    if not rest:
        return [moments[0] - moments[1] / a, moments[1] / a]
    b = rest[0]
    return [
        moments[0] - moments[1] * (a + b) / (a * b) + moments[2] / (a * b),
        (moments[2] - b * moments[1]) / (a * (a - b)),
        (moments[2] - a * moments[1]) / (b * (b - a)),
    ]


def _moments(sigma: float, w: float) -> tuple[float, float, float]:
    """The integrals of sigma v^k e^v over v from 0 to w for k = 0, 1, 2, by parts."""
    zeroth = expm1(w)
    first = w * exp(w) - zeroth
    second = w**2 * exp(w) - 2 * first
    return sigma * zeroth, sigma * first, sigma * second


def combined(slopes: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """The weighted sum of slopes."""
    total = slopes[0] * weights[0]
    for slope, weight in zip(list(slopes)[1:], weights[1:], strict=True):
        total = total + slope * weight
    return total
