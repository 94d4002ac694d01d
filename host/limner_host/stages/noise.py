"""Noise: seeds become unit-variance starting noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from limner_host.offers import Offer
from limner_host.run import NoiseRun
from limner_sdk import Codec, ImageSeed, NoiseDef, Recipe, StageFailed


def noise(
    offer: Offer[NoiseDef[Any]], codec: Codec, recipe: Recipe, seeds: Sequence[ImageSeed], ctx: NoiseRun
) -> Tensor:
    """Noise (B, C, H / 8, W / 8), float32 on the run's device, row k from `seeds[k]` alone."""
    shape = (len(seeds), codec.channels, recipe.height // codec.downscale, recipe.width // codec.downscale)
    drawn = offer.definition.run(shape, seeds, ctx, offer.params_of(recipe.noise))
    if tuple(drawn.shape) != shape:
        raise StageFailed(offer.id, f"it gave noise of {tuple(drawn.shape)} instead of {shape}")
    return drawn
