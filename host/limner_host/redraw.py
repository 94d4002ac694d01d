"""Runs the earlier stages again on a finished picture: image to image, within a mask or everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image
from torch import Tensor

from limner_sdk import Inpaint, PictureStart, Recipe, Stage

from .blame import blaming
from .canvas import Canvas
from .device import memory_reported
from .drawing import Drawing
from .run import RunContext
from .tensors import to_grey, to_tensor

#: How far sides that were rounded to whole pixels may be from the picture's proportions.
_SHAPE: Final = 0.02


@dataclass(frozen=True)
class Redrawer:
    """Redraws pictures with what a drawing draws with, for as long as one job runs."""

    drawing: Drawing

    def __call__(self, recipe: Recipe, image: Image.Image, strength: float, mask: Image.Image | None) -> Image.Image:
        """`image` with the share `strength` (0 … 1) of the schedule run again, where `mask` is white."""
        if strength == 0:
            return image.copy()
        again = recipe.model_copy(
            update={
                "width": image.width,
                "height": image.height,
                "start": PictureStart(denoise=strength),
                "inpaint": Inpaint(blur=0, round_mask=False) if mask else None,
                "hires": None,
                "outpaint": None,
                "controls": (),
                "inversion": None,
                "denoisers": self._denoisers(recipe, image),
            }
        )
        kit = replace(self.drawing.kit, whole=recipe.last_size if is_part(image, recipe) else None)
        return Drawing(kit).pictures(again, [recipe.seed], redrawn_canvas(image, mask)).images[0]

    def _denoisers(self, recipe: Recipe, image: Image.Image) -> tuple[Stage, ...]:
        """The recipe's denoisers; those that know places of the whole picture are left out of its parts."""
        if not is_part(image, recipe):
            return recipe.denoisers
        registry = self.drawing.kit.registry
        return tuple(stage for stage in recipe.denoisers if registry.denoiser(stage.id).definition.areas is None)


@dataclass(frozen=True)
class Within:
    """The monitor of what a post-processor has drawn: plugins are blamed for their own stages, and nobody counts."""

    context: RunContext

    @contextmanager
    def stage(self, name: str, definition: str) -> Iterator[RunContext]:
        """A stage inside the post-processor's."""
        with memory_reported(f"the stage {name}"), blaming(definition, name):
            yield replace(self.context, report_to=lambda done, what: None)

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """The post-processor reports its progress itself."""
        return lambda count, latent: None

    def evaluated(self, pictures: int) -> None:
        """Likewise."""

    def within(self, done: float, what: str) -> None:
        """Likewise."""

    def decoding(self, done: float) -> None:
        """Likewise."""


def is_part(image: Image.Image, recipe: Recipe) -> bool:
    """Whether `image` cannot be the whole picture: that may have grown since, but not shrunk or changed its shape."""
    whole = recipe.last_size
    off = abs(image.width * whole.height - image.height * whole.width)
    return image.width < whole.width or image.height < whole.height or off > _SHAPE * image.width * whole.height


def redrawn_canvas(image: Image.Image, mask: Image.Image | None) -> Canvas:
    """The picture, and where `mask` is white."""
    picture = to_tensor(image)
    if mask is None:
        return Canvas(picture)
    white = to_grey(mask)
    return Canvas(picture, white, picture, white)
