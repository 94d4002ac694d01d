"""Sample: noise becomes a clean latent, the sampler walking down the schedule's levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

from torch import Tensor

from limner_host.blame import blamed
from limner_host.guidance import guided, one_by_one, tiled
from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_host.run import DenoiserRun, SamplerRun
from limner_sdk import Denoise, Guidance, Model, Predict, Recipe, SamplerDef, ScheduleDef, StageFailed


def sample(
    model: Model,
    registry: Registry,
    recipe: Recipe,
    guidance: Guidance,
    x: Tensor,
    sigmas: Sequence[float],
    ctx: SamplerRun,
    seen: Callable[[int, Tensor], None],
) -> Tensor:
    """Walk the noisy latent `x` (B, C, h, w) down `sigmas`; `seen(n, x0)` hears of the n-th prediction, from 1.

    Cancellation is noticed before each evaluation of the network.
    """
    sampler = registry.sampler(recipe.sampler.id)
    predict = prediction(model, registry, recipe, sigmas, ctx)
    denoise = _watched(predict, guidance, ctx, seen)
    return sampler.definition.run(denoise, x, sigmas, ctx, sampler.params_of(recipe.sampler))


def schedule(offer: Offer[ScheduleDef[Any]], model: Model, recipe: Recipe) -> tuple[float, ...]:
    """The recipe's levels. Raises `StageFailed` for a schedule that does not fall or is not finite."""
    sigmas = tuple(float(s) for s in offer.definition.run(recipe.steps, model.levels, offer.params_of(recipe.schedule)))
    falling = all(above > below for above, below in pairwise(sigmas))
    if len(sigmas) < 2 or not falling or not all(isfinite(s) and s >= 0 for s in sigmas):
        raise StageFailed(offer.id, f"it gave levels that do not fall towards 0 for {recipe.steps} steps")
    return sigmas


def evaluations(offer: Offer[SamplerDef[Any]], steps: int) -> int:
    """How often the sampler will call the network."""
    return max(1, offer.definition.evaluations(steps))


def prediction(model: Model, registry: Registry, recipe: Recipe, sigmas: Sequence[float], ctx: SamplerRun) -> Predict:
    """Guidance, the tiler around it, then the denoisers in their order, the first one innermost."""
    predict = blamed(recipe.model.id, "predict", guided(model))
    if ctx.device.type == "cpu":
        # The CPU's kernels round differently for every batch size, and batches are no faster there.
        predict = one_by_one(predict)
    if recipe.tiler:
        tiler = registry.tiler(recipe.tiler.id)
        predict = tiled(predict, tiler, tiler.params_of(recipe.tiler), _step_at(sigmas))
    around = DenoiserRun(ctx.device, ctx.dtype, ctx.log, ctx.watcher, model=model, sigmas=tuple(sigmas))
    for stage in recipe.denoisers:
        denoiser = registry.denoiser(stage.id)
        wrap = blamed(stage.id, "wrap", denoiser.definition.wrap)
        predict = blamed(stage.id, "predict", wrap(predict, around, denoiser.params_of(stage)))
    return predict


def _step_at(sigmas: Sequence[float]) -> Callable[[float], int]:
    def at(sigma: float) -> int:
        return max(0, sum(level >= sigma for level in sigmas) - 1)

    return at


def _watched(predict: Predict, guidance: Guidance, ctx: SamplerRun, seen: Callable[[int, Tensor], None]) -> Denoise:
    count = 0

    def denoise(x: Tensor, sigma: float) -> Tensor:
        nonlocal count
        ctx.check_cancelled()
        x0 = predict(x, sigma, guidance)
        count += 1
        seen(count, x0)
        return x0

    return denoise
