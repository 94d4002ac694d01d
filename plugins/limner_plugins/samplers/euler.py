"""Euler, Heun and DPM2: steps along slopes, with churn (Karras et al. 2022, arXiv:2206.00364) or ancestral noise."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

from limner_sdk import Denoise, SamplerContext, Sigmas, Tensor

from .parts import PURE_NOISE, AncestralParams, ChurnParams, ancestral_split, churned, first_order, renewed


def euler(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: ChurnParams) -> Tensor:
    """Algorithm 2 of Karras et al. without its correction."""
    for sigma, below in pairwise(sigmas):
        x, hat = churned(x, sigma, len(sigmas) - 1, ctx, params)
        x = first_order(x, denoise(x, hat), hat, below)
    return x


def euler_a(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """Euler steps below the target, then fresh noise up to it: ancestral sampling (k-diffusion)."""
    for sigma, below in pairwise(sigmas):
        down, up = ancestral_split(sigma, below, params.eta)
        x = first_order(x, denoise(x, sigma), sigma, down)
        x = renewed(x, up, ctx, params.noise_scale)
    return x


def heun(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: ChurnParams) -> Tensor:
    """Algorithm 2 of Karras et al.: an Euler step, corrected by the slope where it leads."""
    for sigma, below in pairwise(sigmas):
        x, hat = churned(x, sigma, len(sigmas) - 1, ctx, params)
        x = heun_step(denoise, x, denoise(x, hat), hat, below)
    return x


def dpm2(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: ChurnParams) -> Tensor:
    """DPM-Solver-2 (Lu et al. 2022, arXiv:2206.00927) as k-diffusion steps it: the slope halfway in log sigma."""
    for sigma, below in pairwise(sigmas):
        x, hat = churned(x, sigma, len(sigmas) - 1, ctx, params)
        x = midpoint_step(denoise, x, hat, below)
    return x


def dpm2_a(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """DPM2 to below the target, then fresh noise up to it (k-diffusion)."""
    for sigma, below in pairwise(sigmas):
        down, up = ancestral_split(sigma, below, params.eta)
        x = midpoint_step(denoise, x, sigma, down)
        x = renewed(x, up, ctx, params.noise_scale)
    return x


def heun_step(denoise: Denoise, x: Tensor, x0: Tensor, sigma: float, below: float) -> Tensor:
    """From `sigma`, where the prediction is `x0`, to `below` along the mean of both slopes; to 0 it is Euler's."""
    ahead = first_order(x, x0, sigma, below)
    if below == 0:
        return ahead
    later = denoise(ahead, below)
    if sigma > PURE_NOISE:
        return first_order(x, (x0 + later) / 2, sigma, below)
    slopes = (x - x0) / sigma + (ahead - later) / below
    return x + slopes * ((below - sigma) / 2)


def midpoint_step(denoise: Denoise, x: Tensor, sigma: float, below: float) -> Tensor:
    """From `sigma` to `below` along the slope at their geometric mean; to 0 it is Euler's."""
    x0 = denoise(x, sigma)
    if below == 0:
        return x0
    middle = sqrt(sigma * below)
    halfway = first_order(x, x0, sigma, middle)
    later = denoise(halfway, middle)
    if sigma > PURE_NOISE:
        return first_order(x, later, sigma, below)
    return x + (halfway - later) * ((below - sigma) / middle)
