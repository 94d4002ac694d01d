"""DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095) and its stochastic kin, with lambda = -log sigma and alpha = 1."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import exp, expm1, log, sqrt

from limner_sdk import Denoise, NoParams, SamplerContext, Sigmas, Tensor

from .parts import AncestralParams, ancestral_split, brownian, first_order, renewed


def dpmpp_2m(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: NoParams) -> Tensor:
    """DPM-Solver++(2M), algorithm 2 of the paper."""
    previous, h_before = None, 0.0
    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        h = log(sigma / below)
        target = x0 if previous is None else x0 + (x0 - previous) * (h / (2 * h_before))
        x = first_order(x, target, sigma, below)
        previous, h_before = x0, h
    return x


def dpmpp_2s_a(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """DPM-Solver++(2S), algorithm 1 of the paper with r = 1/2, to below the target, then fresh noise up to it."""
    for sigma, below in pairwise(sigmas):
        down, up = ancestral_split(sigma, below, params.eta)
        target = denoise(x, sigma)
        if down > 0:
            middle = sqrt(sigma * down)
            target = denoise(first_order(x, target, sigma, middle), middle)
        x = renewed(first_order(x, target, sigma, down), up, ctx, params.noise_scale)
    return x


def dpmpp_sde(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """k-diffusion's stochastic DPM-Solver++ with r = 1/2: both halves of a step follow one Brownian path."""
    between = brownian(x, sigmas, ctx)

    def towards(target: Tensor, sigma: float, below: float) -> Tensor:
        down, up = ancestral_split(sigma, below, params.eta)
        moved = first_order(x, target, sigma, down)
        return moved + between(sigma, below) * (params.noise_scale * up) if up > 0 else moved

    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        middle = sqrt(sigma * below)
        x = towards(denoise(towards(x0, sigma, middle), middle), sigma, below)
    return x


def dpmpp_2m_sde(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """SDE-DPM-Solver++(2M), appendix of the paper, with eta as in k-diffusion: the correction of the midpoint rule."""
    return _sde_2m(denoise, x, sigmas, ctx, params, lambda decay: -expm1(-decay) / 2)


def dpmpp_2m_sde_heun(
    denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams
) -> Tensor:
    """SDE-DPM-Solver++(2M) with the correction of Heun's rule (k-diffusion)."""
    return _sde_2m(denoise, x, sigmas, ctx, params, _phi_2)


def _sde_2m(
    denoise: Denoise,
    x: Tensor,
    sigmas: Sigmas,
    ctx: SamplerContext,
    params: AncestralParams,
    correction: Callable[[float], float],
) -> Tensor:
    between = brownian(x, sigmas, ctx)
    previous, h_before = None, 0.0
    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        h = log(sigma / below)
        decay = h * (1 + params.eta)
        x = x0 + (x - x0) * exp(-decay)
        if previous is not None:
            x = x + (x0 - previous) * (correction(decay) * h / h_before)
        if params.eta > 0:
            x = x + between(sigma, below) * _sde_noise(below, h, params)
        previous, h_before = x0, h
    return x


def dpmpp_3m_sde(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: AncestralParams) -> Tensor:
    """SDE-DPM-Solver++(3M), k-diffusion's third order by divided differences of the last three predictions."""
    between = brownian(x, sigmas, ctx)
    seen: list[tuple[Tensor, float]] = []  # the last predictions and the h of the steps that followed, newest first
    for sigma, below in pairwise(sigmas):
        x0 = denoise(x, sigma)
        if below == 0:
            return x0
        h = log(sigma / below)
        decay = h * (1 + params.eta)
        x = x0 + (x - x0) * exp(-decay)
        if seen:
            x = x + _correction_3m(x0, h, decay, seen)
        if params.eta > 0:
            x = x + between(sigma, below) * _sde_noise(below, h, params)
        seen = [(x0, h), *seen[:1]]
    return x


def _correction_3m(x0: Tensor, h: float, decay: float, seen: list[tuple[Tensor, float]]) -> Tensor:
    (x1, h1), phi_2 = seen[0], _phi_2(decay)
    newer = (x0 - x1) * (h / h1)
    if len(seen) == 1:
        return newer * phi_2
    x2, h2 = seen[1]
    bend = newer - (x1 - x2) * (h / h2)
    phi_3 = phi_2 / decay - 0.5
    return newer * phi_2 + bend * (phi_2 * h1 / (h1 + h2) - phi_3 * h / (h1 + h2))


def _phi_2(decay: float) -> float:
    return expm1(-decay) / decay + 1


def _sde_noise(below: float, h: float, params: AncestralParams) -> float:
    return params.noise_scale * below * sqrt(-expm1(-2 * h * params.eta))
