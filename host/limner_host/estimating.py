"""What a recipe's post-processors will make of its picture, before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner_sdk import Estimate, PictureStart, Recipe, Size, Stage
from limner_sdk.steps import steps_of

from .blame import blaming
from .limits import Limits
from .registry import Registry
from .steps import calls_of


@dataclass(frozen=True)
class EstimateRun:
    """An `EstimateContext`."""

    native: Size
    recipe: Recipe
    registry: Registry

    def calls(self, strength: float, steps: int | None = None, sampler: str | None = None) -> int:
        """How often the network is called to draw one part anew."""
        chosen = self.registry.sampler_and_schedule(sampler)[0].id if sampler else self.recipe.sampler.id
        run = steps_of(steps or self.recipe.steps, PictureStart(denoise=strength)).run
        return calls_of(self.registry, chosen, run)


def estimates(
    recipe: Recipe, size: Size, native: Size, registry: Registry, limits: Limits
) -> Sequence[tuple[Stage, Estimate]]:
    """What each post-processor will make of a picture of `size` pixels, one after the other.

    Raises `InvalidRequest` for what a post-processor cannot do, and for a size beyond the `limits`.
    """
    found = []
    for stage in recipe.postprocess:
        offer = registry.postprocessor(stage.id)
        run = offer.definition.estimate
        told = Estimate(size)
        if run is not None:
            with blaming(offer.id, "estimate"):
                told = run(size, EstimateRun(native, recipe, registry), offer.params_of(stage))
            limits.check(f"{offer.name} target", told.size)
        size = told.size
        found.append((stage, told))
    return found
