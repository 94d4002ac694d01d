"""Noise: seeds become streams of unit-variance noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from limner_host.offers import Offer
from limner_host.randomness import NoiseSource, Placed
from limner_host.run import NoiseRun
from limner_sdk import Codec, ImageSeed, NoiseDef, Recipe, SeededArea


def noise(
    offer: Offer[NoiseDef[Any]],
    codec: Codec,
    recipe: Recipe,
    seeds: Sequence[ImageSeed],
    ctx: NoiseRun,
    areas: Sequence[SeededArea] = (),
    placed: Placed | None = None,
) -> NoiseSource:
    """The noise of a batch: its first draw starts the pictures, the later ones are the sampler's."""
    shape = (codec.channels, recipe.height // codec.downscale, recipe.width // codec.downscale)
    return NoiseSource(offer, offer.params_of(recipe.noise), seeds, shape, ctx, areas, placed)
