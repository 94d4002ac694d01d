"""Predict: what a sampler calls, from the network outwards: guidance, tiles, denoisers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from limner_host.blame import blamed, blaming
from limner_host.guidance import guided, one_by_one
from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_host.run import DenoiserRun, TilerRun
from limner_host.tiling import tiled
from limner_sdk import DenoiserDef, Guidance, Model, Params, Predict, Recipe, SeededArea, StageFailed
from limner_sdk.seeds import LARGEST_SEED


@dataclass(frozen=True)
class Around:
    """One denoiser of a recipe with its parameters and its context."""

    offer: Offer[DenoiserDef[Any]]
    params: Params
    ctx: DenoiserRun

    def wrap(self, predict: Predict) -> Predict:
        """The prediction that the plugin makes around `predict`."""
        wrap = blamed(self.offer.id, "wrap", self.offer.definition.wrap)
        around = blamed(self.offer.id, "predict", wrap(predict, self.ctx, self.params))

        def checked(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
            made = around(x, sigma, guidance)
            if not isinstance(made, Tensor) or made.shape != x.shape:
                shown = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
                raise StageFailed(self.offer.id, f"it gave {shown} instead of a prediction of {tuple(x.shape)}")
            return made

        return checked

    def areas(self) -> Sequence[SeededArea]:
        """The parts of the canvas that have seeds of their own. Raises `StageFailed` for what is none."""
        areas = self.offer.definition.areas
        if areas is None:
            return ()
        with blaming(self.offer.id, "areas"):
            return [self._checked(area) for area in areas(self.ctx, self.params)]

    def _checked(self, area: SeededArea) -> SeededArea:
        shape = self.ctx.canvas.height, self.ctx.canvas.width
        if area.mask.dtype != torch.bool or tuple(area.mask.shape) != shape:
            made = f"{area.mask.dtype} of {tuple(area.mask.shape)}"
            raise StageFailed(self.offer.id, f"it gave an area of {made} instead of torch.bool of {shape}")
        if not 0 <= area.seed <= LARGEST_SEED:
            raise StageFailed(self.offer.id, f"it gave an area the seed {area.seed}, beyond 0 to {LARGEST_SEED}")
        return area


def _heard(predict: Predict, called: Callable[[Tensor], None]) -> Predict:
    def heard(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        called(x)
        return predict(x, sigma, guidance)

    return heard


def prediction(
    model: Model,
    registry: Registry,
    recipe: Recipe,
    denoisers: Sequence[Around],
    ctx: TilerRun,
    at: Callable[[float], int],
    called: Callable[[Tensor], None] = lambda x: None,
) -> Predict:
    """Guidance, the tiler around it, then the denoisers in their order, the first one innermost.

    `called` hears of every latent that the network is called with.
    """
    predict = _heard(blamed(recipe.model.id, "predict", guided(model)), called)
    if ctx.device.type == "cpu":
        # The CPU's kernels round differently for every batch size, and batches are no faster there.
        predict = one_by_one(predict)
    if recipe.tiler:
        tiler = registry.tiler(recipe.tiler.id)
        predict = tiled(predict, tiler, tiler.params_of(recipe.tiler), ctx, at)
    for denoiser in denoisers:
        predict = denoiser.wrap(predict)
    return predict
