"""Samplers as functions in sigma space, after k-diffusion's formulation; names follow the papers.

x is the noisy latent, sigma its noise level, `denoise` gives the network's clean latent x0, d = (x - x0) / sigma.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import exp, expm1, inf, log, sqrt
from typing import Any, Final

from limner_sdk import Denoise, NoParams, Params, SamplerContext, SamplerDef, Sigmas, Tensor, hookimpl, param

#: The default schedule of those samplers that k-diffusion ran with its own.
UNIFORM: Final = "schedules:uniform"


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


def euler(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: ChurnParams) -> Tensor:
    """Algorithm 2 without its correction, Karras et al. 2022 (arXiv:2206.00364)."""
    most = params.churn_to if params.churn_to is not None else inf
    gamma = min(params.churn / (len(sigmas) - 1), sqrt(2) - 1)
    for sigma, below in pairwise(sigmas):
        hat = sigma
        if gamma > 0 and params.churn_from <= sigma <= most:
            hat = sigma * (1 + gamma)
            x = x + ctx.noise_like(x) * (params.noise_scale * sqrt(hat**2 - sigma**2))
        d = (x - denoise(x, hat)) / hat
        x = x + d * (below - hat)
    return x


def euler_a(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """Euler steps below the target, then fresh noise up to it: ancestral sampling (k-diffusion)."""
    for sigma, below in pairwise(sigmas):
        down, up = ancestral_split(sigma, below, params.eta)
        d = (x - denoise(x, sigma)) / sigma
        x = x + d * (down - sigma)
        if up > 0:
            x = x + ctx.noise_like(x) * (params.noise_scale * up)
    return x


def ancestral_split(sigma: float, below: float, eta: float) -> tuple[float, float]:
    """The level to step down to, and the noise that leads back up to `below`: down² + up² = below²."""
    up = min(below, eta * below / sigma * sqrt(max(0.0, sigma**2 - below**2)))
    return sqrt(below**2 - up**2), up


def dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: NoParams) -> Tensor:
    """DPM-Solver++(2M), Lu et al. 2022 (arXiv:2211.01095), algorithm 2, with lambda = -log sigma."""
    previous, h_before = None, 0.0
    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        h = log(sigma) - log(below)
        target = x0 if previous is None else x0 + (x0 - previous) * (h / (2 * h_before))
        x = x * exp(-h) - target * expm1(-h)
        previous, h_before = x0, h
    return x


@hookimpl
def limner_samplers() -> Iterator[SamplerDef[Any]]:
    yield SamplerDef("euler", "Euler steps; plain and quick.", ChurnParams, euler, schedule=UNIFORM, label="Euler")
    yield SamplerDef(
        "euler_a", "Euler steps with fresh noise.", AncestralParams, euler_a, schedule=UNIFORM, label="Euler a"
    )
    yield SamplerDef("dpmpp_2m", "Second order at one evaluation a step.", NoParams, dpmpp_2m, label="DPM++ 2M")
