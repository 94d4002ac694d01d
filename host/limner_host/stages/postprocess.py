"""Post-process: what plugins do to a finished picture, with the earlier stages at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from limner_host.blame import blaming, checked_picture
from limner_host.enlarging import upscaled
from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_host.run import RunContext
from limner_sdk import Detection, PostprocessDef, Recipe, Stage

#: `redraw(recipe, image, strength, mask)`, see `limner_host.redraw`.
Redraw = Callable[[Recipe, Image.Image, float, Image.Image | None], Image.Image]


@dataclass(frozen=True)
class PostprocessRun(RunContext):
    """A `PostprocessContext`."""

    recipe: Recipe = field(kw_only=True)
    registry: Registry = field(kw_only=True)
    redrawer: Redraw = field(kw_only=True)

    @property
    def seed(self) -> int:
        """The picture's seed."""
        return self.recipe.seed.seed

    def redraw(
        self,
        image: Image.Image,
        *,
        strength: float,
        mask: Image.Image | None = None,
        prompt: str | None = None,
        negative: str | None = None,
        seed: int | None = None,
    ) -> Image.Image:
        """Run the earlier stages again on `image`."""
        changes: dict[str, Any] = {
            "prompt": prompt if prompt is not None else self.recipe.prompt,
            "negative": negative if negative is not None else self.recipe.negative,
        }
        if seed is not None:
            changes["seed"] = self.recipe.seed.model_copy(update={"seed": seed, "variations": ()})
        return self.redrawer(self.recipe.model_copy(update=changes), image, strength, mask)

    def upscale(self, image: Image.Image, name: str) -> Image.Image:
        """Enlarge `image` with an upscaler, at its default parameters."""
        return upscaled(self.registry.upscaler(name), image, self)

    def detect(self, image: Image.Image, name: str) -> tuple[Detection, ...]:
        """Find things with a detector, at its default parameters."""
        offer = self.registry.detector(name)
        with blaming(offer.id, "detect"):
            return tuple(offer.definition.run(image, self, offer.definition.params()))


def postprocess(
    offer: Offer[PostprocessDef[Any]], stage: Stage, image: Image.Image, ctx: PostprocessRun
) -> Image.Image:
    """What the plugin makes of a copy of `image`. Raises `StageFailed` if that is no RGB picture."""
    made = offer.definition.run(image.copy(), ctx, offer.params_of(stage))
    return checked_picture(offer.id, made)
