"""Noise inversion: the noise that a picture would come from, found by walking its latent up the levels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import sqrt
from typing import Any, Final

from limner_sdk import Denoise, InversionContext, InversionDef, NoiseLevels, Params, Tensor, hookimpl, param

#: How the brightness 0 … 1 is weighed (ITU-R BT.601).
_LUMA: Final = (0.299, 0.587, 0.114)
#: The guided filter's regulariser, a variance of brightness: patterns of less are smoothed away, others stay.
_REGULARISER: Final = 0.01
#: The most that the filter takes from a pattern of two equally frequent brightnesses: half the regulariser's root.
_DETAIL: Final = sqrt(_REGULARISER) / 2


class NoiseInversionParams(Params):
    steps: int = param(10, "Steps up to the noise; more find it more exactly.", ge=1, le=200)
    retouch: float = param(1.0, "Above 1 the network is told a lower level; Pocket then kept less.", ge=1, le=100)
    renoise: float = param(1.0, "How much fresh noise flat parts get; 0 is none.", ge=0, le=2)
    kernel: int = param(64, "Pixels around each one that tell flat parts from detail.", ge=2, le=512)


def noise_inversion(
    latent: Tensor, noise: Tensor, denoise: Denoise, ctx: InversionContext, params: NoiseInversionParams
) -> Tensor:
    """Noise (B, C, h, w) that leads `latent` to itself, mixed with the fresh `noise` where the picture is flat.

    It belongs to the level that the run begins with: brought up to the highest one instead, and scaled down, it leads
    back less exactly. It is not scaled to unit variance either, because it is not independent of the latent; of the
    sum of both the variance is right.
    """
    top = ctx.sigmas[0]
    if top <= ctx.levels.sigma_min:
        return noise
    raised = walked_up(latent, denoise, rising(params.steps, top, ctx.levels), params.retouch, ctx)
    inverted = (raised - latent) / top
    if params.renoise == 0:
        return inverted.expand_as(noise).clone()
    return mixed(inverted, noise, renoise_mask(ctx.picture(), latent, params))


def rising(steps: int, top: float, levels: NoiseLevels) -> list[float]:
    """`steps` + 1 levels from the model's lowest to `top`, at even timesteps."""
    last = levels.timestep(top)
    return [levels.sigma(last * k / steps) for k in range(steps)] + [top]


def walked_up(x: Tensor, denoise: Denoise, sigmas: list[float], retouch: float, ctx: InversionContext) -> Tensor:
    """Euler steps up the probability flow dx / dsigma = (x - x0) / sigma (arXiv:2206.00364, equation 1)."""
    for number, (sigma, above) in enumerate(pairwise(sigmas), 1):
        ctx.check_cancelled()
        x = x + slope(x, sigma, denoise, retouch, ctx.levels) * (above - sigma)
        ctx.report(number / (len(sigmas) - 1), f"inversion step {number} of {len(sigmas) - 1}")
    return x


def slope(x: Tensor, sigma: float, denoise: Denoise, retouch: float, levels: NoiseLevels) -> Tensor:
    """The noise that the network sees in `x`, told a timestep that is divided by `retouch`.

    For that, `x` is scaled to the spread of a latent at the lower level, so that the network sees the same numbers.
    """
    told = sigma if retouch == 1 else min(sigma, levels.sigma(levels.timestep(sigma) / retouch))
    scaled = x * sqrt((1 + told**2) / (1 + sigma**2))
    return (scaled - denoise(scaled, told)) / told


def mixed(inverted: Tensor, fresh: Tensor, share: Tensor) -> Tensor:
    """Both noises, `share` (0 … 1) of the fresh one; the variance stays."""
    return ((1 - share) * inverted + share * fresh) / (share**2 + (1 - share) ** 2).sqrt()


def renoise_mask(picture: Tensor, latent: Tensor, params: NoiseInversionParams) -> Tensor:
    """How much fresh noise each cell of `latent` gets, (1 or B, 1, h, w) in 0 … 1: all where the picture is flat.

    `picture` is (1 or B, 3, H, W) in -1 … 1. What counts is how far a smoothed picture is from it, whether above or
    below.
    """
    import torch
    from torch.nn import functional as F

    # Sums over whole rows want double precision, which not every device has.
    levels = (picture.float().cpu() + 1) / 2
    grey = (levels * torch.tensor(_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    residual = (smoothed(grey, params.kernel) - grey).abs()
    share = ((1 - residual / _DETAIL) * params.renoise).clamp(0, 1)
    return F.interpolate(share, latent.shape[-2:], mode="area").to(latent)


def smoothed(grey: Tensor, kernel: int) -> Tensor:
    """`grey` (B, 1, H, W) under the guided filter, guided by itself (He and others, "Guided Image Filtering", 2010)."""
    mean = box_mean(grey, kernel)
    variance = (box_mean(grey**2, kernel) - mean**2).clamp(min=0)
    kept = variance / (variance + _REGULARISER)
    return box_mean(kept, kernel) * grey + box_mean((1 - kept) * mean, kernel)


def box_mean(values: Tensor, kernel: int) -> Tensor:
    """The mean over a square of `kernel` pixels around each one, cut at the borders."""
    return _mean_along(_mean_along(values, kernel, -1), kernel, -2)


def _mean_along(values: Tensor, kernel: int, dim: int) -> Tensor:
    """The mean over `kernel` neighbours along one axis, as a difference of sums, whatever its size."""
    import torch

    length = values.shape[dim]
    first = torch.arange(length) - kernel // 2
    start, stop = first.clamp(min=0), (first + kernel).clamp(max=length)
    zero = torch.zeros_like(values.narrow(dim, 0, 1), dtype=torch.float64)
    sums = torch.cat([zero, values.cumsum(dim, dtype=torch.float64)], dim)
    shape = [-1 if axis == dim % values.ndim else 1 for axis in range(values.ndim)]
    total = sums.index_select(dim, stop) - sums.index_select(dim, start)
    return (total / (stop - start).view(shape)).to(values)


def evaluations(params: NoiseInversionParams) -> int:
    """One a step."""
    return params.steps


@hookimpl
def limner_inversions() -> Iterator[InversionDef[Any]]:
    yield InversionDef(
        "noise_inversion",
        "Begins with the picture's own noise, which keeps more of it.",
        NoiseInversionParams,
        noise_inversion,
        evaluations=evaluations,
        label="Noise inversion",
        aliases=("inversion", "noise_inverse"),
    )
