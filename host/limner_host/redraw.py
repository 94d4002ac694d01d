"""Runs the earlier stages again on a finished picture: image to image, within a mask or everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image

from limner_sdk import Inpaint, PictureStart, Recipe, Stage

from .canvas import Canvas
from .drawing import Drawing
from .registry import Registry
from .tensors import to_grey, to_tensor

#: How far sides that were rounded to whole pixels may be from the picture's proportions.
_SHAPE: Final = 0.02


@dataclass(frozen=True)
class Redrawer:
    """Redraws whole pictures for as long as one post-processor runs; `drawing` gives what draws a recipe."""

    registry: Registry
    drawing: Callable[[Recipe], Drawing]

    def __call__(self, recipe: Recipe, image: Image.Image, strength: float, mask: Image.Image | None) -> Image.Image:
        """`image` with the share `strength` (0 … 1) of the schedule run again, where `mask` is white."""
        if strength == 0:
            return image.copy()
        again = anew(recipe, image, PictureStart(denoise=strength), masked=mask is not None).model_copy(
            update={"controls": (), "denoisers": denoisers_for(image, recipe, self.registry)}
        )
        kit = replace(self.drawing(again).kit, whole=recipe.last_size if is_part(image, recipe) else None)
        return Drawing(kit).pictures(again, [recipe.seed], redrawn_canvas(image, mask)).images[0]


def anew(recipe: Recipe, image: Image.Image, start: PictureStart, *, masked: bool) -> Recipe:
    """The recipe of drawing `image` anew, without what the picture was begun with."""
    begun = dict.fromkeys(("hires", "outpaint", "inversion", "finished"))
    inpaint = Inpaint(blur=0, round_mask=False) if masked else None
    size = {"width": image.width, "height": image.height}
    return recipe.model_copy(update={**size, **begun, "start": start, "inpaint": inpaint})


def denoisers_for(image: Image.Image, recipe: Recipe, registry: Registry) -> tuple[Stage, ...]:
    """The recipe's denoisers; those that know places of the whole picture are left out of its parts."""
    if not is_part(image, recipe):
        return recipe.denoisers
    return tuple(stage for stage in recipe.denoisers if registry.denoiser(stage.id).definition.areas is None)


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
