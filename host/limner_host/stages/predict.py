"""Predict: what a sampler calls, from the network outwards: guidance, tiles, denoisers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from limner_host.blame import blamed
from limner_host.guidance import guided, one_by_one
from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_host.run import DenoiserRun, TilerRun
from limner_host.tiling import tiled
from limner_sdk import DenoiserDef, Model, Params, Predict, Recipe, SeededArea


@dataclass(frozen=True)
class Around:
    """One denoiser of a recipe with its parameters and its context."""

    offer: Offer[DenoiserDef[Any]]
    params: Params
    ctx: DenoiserRun

    def wrap(self, predict: Predict) -> Predict:
        """The prediction that the plugin makes around `predict`."""
        wrap = blamed(self.offer.id, "wrap", self.offer.definition.wrap)
        return blamed(self.offer.id, "predict", wrap(predict, self.ctx, self.params))

    def areas(self) -> Sequence[SeededArea]:
        """The parts of the canvas that have seeds of their own."""
        areas = self.offer.definition.areas
        return blamed(self.offer.id, "areas", areas)(self.ctx, self.params) if areas else ()


def prediction(
    model: Model,
    registry: Registry,
    recipe: Recipe,
    denoisers: Sequence[Around],
    ctx: TilerRun,
    at: Callable[[float], int],
) -> Predict:
    """Guidance, the tiler around it, then the denoisers in their order, the first one innermost."""
    predict = blamed(recipe.model.id, "predict", guided(model))
    if ctx.device.type == "cpu":
        # The CPU's kernels round differently for every batch size, and batches are no faster there.
        predict = one_by_one(predict)
    if recipe.tiler:
        tiler = registry.tiler(recipe.tiler.id)
        predict = tiled(predict, tiler, tiler.params_of(recipe.tiler), ctx, at)
    for denoiser in denoisers:
        predict = denoiser.wrap(predict)
    return predict
