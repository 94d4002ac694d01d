"""What several samplers share: their parameters, the first-order step, churn, the ancestral split, Brownian noise.

x is the noisy latent (B, C, H, W), sigma its noise level, `denoise` gives the network's clean latent x0, and the slope
of the probability flow is d = (x - x0) / sigma.
"""

from __future__ import annotations

from functools import cache
from math import inf, sqrt
from typing import Final

from limner_sdk import Increments, Params, SamplerContext, Sigmas, Tensor, param

#: Above this level, which only flow models have, x is noise alone. There a slope times the step would magnify the least
#: change of x0 a thousandfold, so steps of second order average x0 instead of slopes.
PURE_NOISE: Final = 1000.0


class ChurnParams(Params):
    """The stochastic part of Karras et al.'s samplers."""

    churn: float = param(0.0, "Noise added before each step; 0 is deterministic.", ge=0, le=100)
    churn_from: float = param(0.0, "Lowest sigma at which noise is added.", ge=0, le=1000)
    churn_to: float | None = param(None, "Highest sigma at which noise is added; empty means any.", ge=0, le=1000)
    noise_scale: float = param(1.0, "Scale of the added noise.", ge=0, le=2)


class AncestralParams(Params):
    """How much of each step's noise is drawn afresh."""

    eta: float = param(1.0, "Share of fresh noise in each step; 0 is deterministic.", ge=0, le=1)
    noise_scale: float = param(1.0, "Scale of the fresh noise.", ge=0, le=2)


class NoiseParams(Params):
    """For samplers whose share of fresh noise is fixed."""

    noise_scale: float = param(1.0, "Scale of the fresh noise.", ge=0, le=2)


def first_order(x: Tensor, x0: Tensor, sigma: float, below: float) -> Tensor:
    """Euler's step x + d (below - sigma), which is also DDIM's and first-order DPM-Solver++'s.

    Written so that nothing large cancels and 0 is reached exactly.
    """
    return x0 + (x - x0) * (below / sigma)


def churned(x: Tensor, sigma: float, steps: int, ctx: SamplerContext, params: ChurnParams) -> tuple[Tensor, float]:
    """`x` raised to a higher level by fresh noise, and that level; lines 4 to 6 of algorithm 2 (arXiv:2206.00364)."""
    most = params.churn_to if params.churn_to is not None else inf
    gamma = min(params.churn / steps, sqrt(2) - 1)
    if gamma == 0 or not params.churn_from <= sigma <= most:
        return x, sigma
    hat = sigma * (1 + gamma)
    return x + ctx.noise_like(x) * (params.noise_scale * sqrt(hat**2 - sigma**2)), hat


def ancestral_split(sigma: float, below: float, eta: float) -> tuple[float, float]:
    """The level to step down to, and the noise that leads back up to `below`: down² + up² = below²."""
    kept = (below / sigma) ** 2
    return below * sqrt((1 - eta**2) + eta**2 * kept), below * eta * sqrt(1 - kept)


def renewed(x: Tensor, up: float, ctx: SamplerContext, scale: float) -> Tensor:
    """`x` with fresh noise of the level `up`; nothing is drawn where there is nothing to add."""
    return x + ctx.noise_like(x) * (scale * up) if up > 0 else x


def lowest(sigmas: Sigmas) -> float:
    """The lowest level above 0."""
    return min(sigma for sigma in sigmas if sigma > 0)


def brownian(x: Tensor, sigmas: Sigmas, ctx: SamplerContext) -> Increments:
    """Brownian noise over all levels of a walk, as k-diffusion lays it.

    The path is grown at the first query: a single step never asks, and has no stretch to grow it over.
    """

    @cache
    def path() -> Increments:
        return ctx.brownian(x, lowest(sigmas), max(sigmas))

    return lambda sigma, below: path()(sigma, below)
