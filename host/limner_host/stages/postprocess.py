"""Post-process: what plugins do to a finished picture, with the earlier stages at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from limner_host.blame import blaming, checked_picture
from limner_host.enlarging import enlarged_to, too_large_for
from limner_host.limits import Limits
from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_host.run import RunContext
from limner_host.scratch import Scratch
from limner_sdk import (
    Choice,
    Detection,
    InvalidRequest,
    Part,
    PostprocessDef,
    Recipe,
    Redrawing,
    Scalar,
    Size,
    Stage,
    StageFailed,
)

#: `redraw(recipe, image, strength, mask)`, see `limner_host.redraw`.
Redraw = Callable[[Recipe, Image.Image, float, Image.Image | None], Image.Image]
#: `draw(parts, how)`, see `limner_host.parts`.
DrawParts = Callable[[Sequence[Part], Redrawing], list[Tensor]]


@dataclass(frozen=True)
class PostprocessRun(RunContext):
    """A `PostprocessContext`. `shown` are the pictures of the choice, opened when they are asked for."""

    recipe: Recipe = field(kw_only=True)
    number: int = field(kw_only=True)
    native: Size = field(kw_only=True)
    folder: Path = field(kw_only=True)
    registry: Registry = field(kw_only=True)
    redrawer: Redraw = field(kw_only=True)
    part_drawer: DrawParts = field(kw_only=True)
    shown: Mapping[str, Callable[[], Image.Image]] = field(kw_only=True)
    scratch: Scratch = field(kw_only=True)
    limits: Limits = field(kw_only=True)
    tell: Callable[[str], None] = field(kw_only=True)

    @property
    def seed(self) -> int:
        """The picture's seed."""
        return self.recipe.seed.seed

    def note(self, sentence: str) -> None:
        """Say something that the person should read."""
        self.tell(sentence)

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the pictures that came with the choice."""
        return tuple(self.shown)

    def picture(self, name: str) -> Image.Image:
        """The picture called `name`. Raises `InvalidRequest` if there is none."""
        if name not in self.shown:
            known = f"there is {', '.join(self.shown)}; " if self.shown else ""
            remedy = f"is the name of no picture; {known}give it with --postprocess.picture.{name} FILE"
            raise InvalidRequest("postprocess.picture", name, remedy)
        return self.shown[name]()

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

    def redraw_parts(self, parts: Sequence[Part], how: Redrawing) -> list[Tensor]:
        """Draw each part anew. Raises `ValueError` for a part that cannot be drawn."""
        # The plugin is blamed for what is wrong with its parts.
        if problem := next(filter(None, (how.problem(), *(part.problem(how.canvas) for part in parts))), None):
            raise ValueError(problem)
        for part in parts:
            self.limits.check("part", Size(*part.image.size))
        return self.part_drawer(parts, how) if parts else []

    def upscale(self, image: Image.Image, name: str, size: Size | None = None) -> Image.Image:
        """Enlarge `image` with an upscaler at its default parameters, or a filter."""
        if size is not None and too_large_for(self.registry, image, name, size):
            self.note(f"{name} was not used, as it would make too large a picture of {image.width}x{image.height}")
        return enlarged_to(self.registry, image, name, size, self)

    def detect(
        self, image: Image.Image, name: str, params: Mapping[str, Scalar] | None = None
    ) -> tuple[Detection, ...]:
        """Find things with a detector."""
        offer = self.registry.detector(name)
        known = {name: value for name, value in (params or {}).items() if name in offer.definition.params.model_fields}
        chosen = offer.params(Choice(name=offer.id, params=known))
        with blaming(offer.id, "detect"):
            found = tuple(offer.definition.run(image, self, chosen))
        problem = next(filter(None, (detection.problem(Size(*image.size)) for detection in found)), None)
        if problem:
            raise StageFailed(offer.id, problem)
        return found

    def recall(self, key: str) -> Image.Image | None:
        """What an earlier run of this work has kept."""
        return self.scratch.recall(key)

    def keep(self, key: str, image: Image.Image) -> None:
        """Keep something in case this work is cut short."""
        self.scratch.keep(key, image)


def postprocess(
    offer: Offer[PostprocessDef[Any]], stage: Stage, image: Image.Image, ctx: PostprocessRun
) -> Image.Image:
    """What the plugin makes of a copy of `image`. Raises `StageFailed` if that is no RGB picture."""
    return checked_picture(offer.id, offer.definition.run(image.copy(), ctx, offer.params_of(stage)))
