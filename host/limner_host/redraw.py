"""Runs the earlier stages again on a finished picture: image to image, within a mask or everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import Inpaint, PictureStart, Recipe

from .blame import blaming
from .canvas import Canvas
from .device import memory_reported
from .drawing import Drawing
from .run import RunContext
from .tensors import to_grey, to_image, to_tensor


@dataclass(frozen=True)
class Redrawer:
    """Redraws pictures with what a drawing draws with, for as long as one job runs."""

    drawing: Drawing

    def __call__(self, recipe: Recipe, image: Image.Image, strength: float, mask: Image.Image | None) -> Image.Image:
        """`image` with the share `strength` (0 … 1) of the schedule run again, where `mask` is white."""
        if strength == 0:
            return image.copy()
        canvas = padded_canvas(image, mask, self.drawing.model.codec.downscale)
        again = recipe.model_copy(
            update={
                "width": canvas.picture.shape[-1],
                "height": canvas.picture.shape[-2],
                "start": PictureStart(denoise=strength),
                "inpaint": Inpaint(blur=0, round_mask=False) if mask else None,
                "hires": None,
                "outpaint": None,
                "controls": (),
            }
        )
        pixels = self.drawing.pictures(again, [recipe.seed], canvas)[0]
        return to_image(pixels[..., : image.height, : image.width])


@dataclass(frozen=True)
class Within:
    """The monitor of what a post-processor has drawn: plugins are blamed for their own stages, and nobody counts."""

    context: RunContext

    @contextmanager
    def stage(self, name: str, definition: str) -> Iterator[RunContext]:
        """A stage inside the post-processor's."""
        with memory_reported(f"the stage {name}"), blaming(definition, name):
            yield replace(self.context, report_to=lambda done: None)

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """The post-processor reports its progress itself."""
        return lambda count, latent: None

    def decoding(self, done: float) -> None:
        """Likewise."""


def padded_canvas(image: Image.Image, mask: Image.Image | None, multiple: int) -> Canvas:
    """The picture with its edges continued up to the next multiple, which networks need; none of that is drawn on."""
    picture = to_tensor(image)
    margin = (0, -image.width % multiple, 0, -image.height % multiple)
    padded = F.pad(picture, margin, mode="replicate")
    if mask is None:
        return Canvas(padded)
    white = F.pad(to_grey(mask), margin)
    return Canvas(padded, white, padded, white)
