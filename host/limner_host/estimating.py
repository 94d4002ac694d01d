"""What a recipe's post-processors will make of its picture, before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from limner_sdk import Estimate, PictureStart, Recipe, Size, Stage
from limner_sdk.steps import steps_of

from .blame import blaming, of_several
from .known_parts import check_part
from .library import Library
from .limits import Limits
from .registry import Registry
from .steps import calls_of

#: The name of the picture that a picture was begun from.
BEGUN: Final = "start"


@dataclass(frozen=True)
class EstimateRun:
    """An `EstimateContext`."""

    native: Size
    recipe: Recipe
    registry: Registry
    library: Library
    stage: Stage

    def calls(self, strength: float, steps: int | None = None, sampler: str | None = None) -> int:
        """How often the network is called to draw one part anew."""
        chosen = self.registry.sampler_and_schedule(sampler)[0].id if sampler else self.recipe.sampler.id
        run = steps_of(steps or self.recipe.steps, PictureStart(denoise=strength)).run
        return calls_of(self.registry, chosen, run)

    def require(self, kind: str, name: str | None) -> None:
        """Raises `UnknownName` if nothing of this kind is called so."""
        if not name:
            return
        known: dict[str, Callable[[str], object]] = {
            "upscaler": lambda name: check_part(kind, name, self.registry, self.library.data),
            "detector": lambda name: check_part(kind, name, self.registry, self.library.data),
            "sampler": self.registry.sampler_and_schedule,
            "schedule": self.registry.schedule,
            "preprocessor": self.registry.preprocessor,
            "model": self.registry.model,
            "vae": self.library.vaes.chosen,
            "control": self.library.controls.reference,
        }
        known[kind](name)

    def has_picture(self, name: str) -> bool:
        """Whether a picture of this name will be there."""
        return name in self.stage.pictures or (name == BEGUN and self.recipe.image is not None)


def estimates(
    recipe: Recipe, size: Size, native: Size, registry: Registry, library: Library, limits: Limits
) -> Sequence[tuple[Stage, Estimate]]:
    """What each post-processor will make of a picture of `size` pixels, one after the other.

    Raises `InvalidRequest` for what a post-processor cannot do, and for a size beyond the `limits`.
    """
    found = []
    offers = [registry.postprocessor(stage.id) for stage in recipe.postprocess]
    for place, (offer, stage) in enumerate(zip(offers, recipe.postprocess, strict=True)):
        run = offer.definition.estimate
        told = Estimate(size)
        if run is not None:
            with of_several([each.name for each in offers], place), blaming(offer.id, "estimate"):
                told = run(size, EstimateRun(native, recipe, registry, library, stage), offer.params_of(stage))
            limits.check(f"{offer.name} target", told.size)
        size = told.size
        found.append((stage, told))
    return found
