"""Which pictures go through the network together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from limner_sdk import Recipe

from .registry import Registry

MOST_IN_BATCH: Final = 4


def batched(recipes: Sequence[Recipe], most: int = MOST_IN_BATCH) -> list[list[Recipe]]:
    """Neighbours that differ in their seeds alone, in batches of at most `most`."""
    batches: list[list[Recipe]] = []
    for recipe in recipes:
        if batches and len(batches[-1]) < most and recipe.same_but_seed(batches[-1][0]):
            batches[-1].append(recipe)
        else:
            batches.append([recipe])
    return batches


def most_in_batch(recipe: Recipe, registry: Registry) -> int:
    """A sampler that chooses its own steps does so for each picture, and would call the network for all of them."""
    samplers = recipe.sampler.id, *((recipe.hires.sampler,) if recipe.hires and recipe.hires.sampler else ())
    adaptive = any(registry.sampler(sampler).definition.adaptive for sampler in samplers)
    return 1 if adaptive else MOST_IN_BATCH
