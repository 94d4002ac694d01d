"""Sample: noise becomes a clean latent, the sampler walking down the schedule's levels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

from torch import Tensor

from limner_host.offers import Offer
from limner_host.run import SamplerRun
from limner_sdk import Denoise, Model, Predict, Recipe, SamplerDef, ScheduleDef, StageFailed
from limner_sdk.steps import Steps

from .encode import Timeline
from .start import Start


def sample(
    offer: Offer[SamplerDef[Any]],
    predict: Predict,
    recipe: Recipe,
    timeline: Timeline,
    start: Start,
    sigmas: Sequence[float],
    ctx: SamplerRun,
    seen: Callable[[int, Tensor], None],
) -> Tensor:
    """Walk the noisy latent (B, C, h, w) down `sigmas`; `seen(n, x0)` hears of the n-th prediction, from 1.

    Cancellation is noticed before each evaluation of the network.
    """
    if len(sigmas) < 2:
        return start.finished(start.x)
    denoise = start.keeping(_watched(predict, timeline, step_at(sigmas), ctx, seen))
    latent = offer.definition.run(denoise, start.x, sigmas, ctx, offer.params_of(recipe.sampler))
    if not isinstance(latent, Tensor) or latent.shape != start.x.shape:
        made = tuple(latent.shape) if isinstance(latent, Tensor) else type(latent).__name__
        raise StageFailed(offer.id, f"it gave {made} instead of a latent of {tuple(start.x.shape)}")
    return start.finished(latent.to(start.x))


def schedule(offer: Offer[ScheduleDef[Any]], model: Model, recipe: Recipe, steps: Steps) -> tuple[float, ...]:
    """The levels that the recipe walks through: the last `steps.run` steps of `steps.scheduled`.

    Raises `StageFailed` for a schedule that does not fall or is not finite.
    """
    count, drop = steps.scheduled, recipe.discard_penultimate
    params = offer.params_of(recipe.schedule)
    sigmas = tuple(float(s) for s in offer.definition.run(count + drop, model.levels, params))
    falling = all(above > below for above, below in pairwise(sigmas))
    if len(sigmas) < 2 or not falling or not isfinite(sigmas[0]) or sigmas[-1] != 0:
        raise StageFailed(offer.id, f"it gave levels that do not fall to 0 for {count} steps")
    if drop:
        sigmas = (*sigmas[:-2], sigmas[-1])
    return sigmas[max(0, len(sigmas) - 1 - steps.run) :]


def step_at(sigmas: Sequence[float]) -> Callable[[float], int]:
    """The number of the step, from 0, in which a level lies: that of the nearest level above it."""
    rising = sorted(sigmas)

    def at(sigma: float) -> int:
        # A level that went through a logarithm comes back with its last digits changed.
        return max(0, len(rising) - bisect_left(rising, sigma * (1 - 1e-6)) - 1)

    return at


def _watched(
    predict: Predict,
    timeline: Timeline,
    at: Callable[[float], int],
    ctx: SamplerRun,
    seen: Callable[[int, Tensor], None],
) -> Denoise:
    count = 0

    def denoise(x: Tensor, sigma: float) -> Tensor:
        nonlocal count
        ctx.check_cancelled()
        x0 = predict(x, sigma, timeline.at(at(sigma)))
        count += 1
        seen(count, x0)
        return x0

    return denoise
