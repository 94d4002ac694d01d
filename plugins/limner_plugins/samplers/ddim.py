"""DDIM, DDPM and LCM: the samplers of networks that were trained step by step, in sigma space."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

from limner_sdk import Denoise, Params, SamplerContext, Sigmas, Tensor, param

from .parts import NoiseParams, ancestral_split, first_order, renewed


class DdimParams(Params):
    """How much of each step's noise is drawn afresh."""

    eta: float = param(0.0, "Share of fresh noise in each step; 0 is DDIM, 1 is DDPM.", ge=0, le=1)
    noise_scale: float = param(1.0, "Scale of the fresh noise.", ge=0, le=2)


def ddim(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: DdimParams) -> Tensor:
    """Equations 12 and 16 of Song et al. 2020 (arXiv:2010.02502), both divided by sqrt(alpha).

    What they call sigma is then the ancestral split's `up`, and the direction towards x is d times `down`.
    """
    for sigma, below in pairwise(sigmas):
        down, up = ancestral_split(sigma, below, params.eta)
        x = first_order(x, denoise(x, sigma), sigma, down)
        x = renewed(x, up, ctx, params.noise_scale)
    return x


def ddpm(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: NoiseParams) -> Tensor:
    """The posterior of Ho et al. 2020 (arXiv:2006.11239), equations 6 and 7, divided by sqrt(alpha)."""
    for sigma, below in pairwise(sigmas):
        x0, kept = denoise(x, sigma), (below / sigma) ** 2
        x = x0 + (x - x0) * kept
        x = renewed(x, below * sqrt(1 - kept), ctx, params.noise_scale)
    return x


def lcm(denoise: Denoise, x: Tensor, sigmas: Sigmas, ctx: SamplerContext, params: NoiseParams) -> Tensor:
    """Multistep consistency sampling, Luo et al. 2023 (arXiv:2310.04378), algorithm 3: predict, then noise afresh."""
    for sigma, below in pairwise(sigmas):
        x = consistent(x, denoise(x, sigma), sigma, ctx.levels.timestep(sigma))
        x = renewed(x, below, ctx, params.noise_scale)
    return x


def consistent(x: Tensor, x0: Tensor, sigma: float, timestep: float) -> Tensor:
    """The paper's boundary condition, c_skip x + c_out x0 with sigma_data 0.5 and timesteps scaled by 10.

    At timestep 0 it would give the noisy latent back, so times below 1 count as 1.
    """
    time = 10 * max(timestep, 1.0)
    skip, out = 0.25 / (time**2 + 0.25), time / sqrt(time**2 + 0.25)
    return x * (skip / sqrt(1 + sigma**2)) + x0 * out
