"""What a pass draws on when it starts from a picture: that picture, where to draw, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import torch
from PIL import Image, ImageChops
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import Box, Inpaint, InvalidRequest, Outpaint, PictureStart, Recipe, Size

from .framing import cropped, edges, extended, filled, grown, inside, stretched
from .tensors import to_grey, to_tensor


@dataclass(frozen=True)
class Place:
    """Where a picture lies on one of `size` pixels: in the `box`, in pixels, from which it may have been enlarged."""

    box: Box
    size: Size


@dataclass(frozen=True)
class Canvas:
    """A picture (1, 3, H, W) in -1 … 1 at the size that is drawn, and where to draw (1, 1, H, W), 1 for drawn.

    `white` is None where everything is drawn. `whole` and `part` say where the drawn pixels belong: on all of `whole`,
    or, if there is a `part`, back into this box of it. `overlay` (1, 1, H, W) is how much of them covers `whole`.
    `original` is the picture at its own size, if it is to be stretched as a latent. `places` say where it lies on a
    larger picture, of which others, such as those of hints, show all.

    Parts that are drawn anew together are one canvas with a row (B, …) and a place for each, and no `whole`.
    """

    picture: Tensor
    white: Tensor | None = None
    whole: Tensor | None = None
    overlay: Tensor | None = None
    part: Box | None = None
    original: Tensor | None = None
    places: tuple[Place, ...] = ()

    @property
    def place(self) -> Place | None:
        """Where the only picture lies on a larger one."""
        return self.places[0] if len(self.places) == 1 else None

    def rows(self) -> Iterator[Canvas]:
        """The canvas of each part; of all pictures, if there is only one."""
        for k, picture in enumerate(self.picture.split(1)):
            white = None if self.white is None else self.white[k : k + 1]
            yield replace(self, picture=picture, white=white, places=self.places[k : k + 1])

    def to(self, device: torch.device) -> Canvas:
        """The same on a device."""

        def moved(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device)

        white, whole, overlay = moved(self.white), moved(self.whole), moved(self.overlay)
        picture, original = self.picture.to(device), moved(self.original)
        return replace(self, picture=picture, white=white, whole=whole, overlay=overlay, original=original)

    def padded(self, multiple: int) -> Canvas:
        """The same to draw on, its edges continued up to the next `multiple` of pixels; none of that is drawn on."""
        white = None if self.white is None else F.pad(self.white, _margin(self.white, multiple))
        original = None if self.original is None else _continued(self.original, multiple)
        return replace(self, picture=_continued(self.picture, multiple), white=white, original=original)

    def finished(self, drawn: Tensor) -> Tensor:
        """The drawn pixels (1, 3, H, W) laid over the picture, in float, so that what is not drawn stays exact."""
        if self.whole is None or self.overlay is None:
            return drawn
        whole, overlay = self.whole.to(drawn), self.overlay.to(drawn)
        if self.part is None:
            return torch.lerp(whole, drawn, overlay)
        rows = slice(self.part.top, self.part.bottom)
        columns = slice(self.part.left, self.part.right)
        laid, window = whole.clone(), (..., rows, columns)
        laid[window] = torch.lerp(whole[window], returned(drawn, self.part), overlay[window])
        return laid


def _margin(picture: Tensor, multiple: int) -> tuple[int, int, int, int]:
    """What is missing at the left, right, top and bottom up to the next `multiple` of pixels."""
    return 0, -picture.shape[-1] % multiple, 0, -picture.shape[-2] % multiple


def _continued(picture: Tensor, multiple: int) -> Tensor:
    return F.pad(picture, _margin(picture, multiple), mode="replicate")


def returned(drawn: Tensor, part: Box) -> Tensor:
    """Drawn pixels at the size of the box that they came from, without the edges that were continued to fill up."""
    size = Size(drawn.shape[-1], drawn.shape[-2])
    inner = inside((part.width, part.height), size)
    shown = drawn[..., inner.top : inner.bottom, inner.left : inner.right]
    return F.interpolate(shown, (part.height, part.width), mode="bicubic", antialias=True, align_corners=False)


@dataclass(frozen=True)
class Enlarging:
    """How a picture that is smaller than wanted is enlarged.

    `first` makes a whole multiple of it, by the factor that it lacks; the filter `by` does the rest.
    """

    first: Callable[[Image.Image, float], Image.Image]
    by: Image.Resampling


#: By a filter alone.
PLAIN: Final = Enlarging(lambda image, factor: image, Image.Resampling.LANCZOS)


def canvas_of(recipe: Recipe, picture: Image.Image, mask: Image.Image | None, enlarging: Enlarging = PLAIN) -> Canvas:
    """The canvas of a recipe. Raises `InvalidRequest` for a mask that does not fit its picture or is black."""
    start, inpaint = recipe.start or PictureStart(), recipe.inpaint or Inpaint()
    if recipe.outpaint:
        picture, mask = outpainted(picture, mask, recipe.outpaint)
    if mask is None:
        original = to_tensor(picture) if start.resize == "latent" else None
        return Canvas(to_tensor(_fitted(picture, start, recipe.size, enlarging)), original=original)
    soft = softened(mask, picture, inpaint)
    if inpaint.area == "masked":
        return _part_canvas(picture, soft, inpaint, recipe.size, enlarging)
    fitted, white = _fitted(picture, start, recipe.size, enlarging), to_grey(_fitted(soft, start, recipe.size))
    shown = to_tensor(fitted)
    # A1111 lets the picture show through the outer half of the blur only, where no latent cell is drawn.
    return Canvas(_content(shown, white, inpaint), white, shown, (white * 2).clamp(max=1))


def _part_canvas(picture: Image.Image, soft: Image.Image, inpaint: Inpaint, size: Size, enlarging: Enlarging) -> Canvas:
    bounds = soft.getbbox()
    assert bounds is not None, "an empty mask has been refused"
    left, top, right, bottom = bounds
    part = grown(Box(left, top, right - left, bottom - top), inpaint.padding, size, Size(*picture.size))
    shown = to_tensor(_fitted(picture.crop(edges(part)), PictureStart(resize="fill"), size, enlarging))
    white = to_grey(filled(soft.crop(edges(part)), size))
    return Canvas(_content(shown, white, inpaint), white, to_tensor(picture), to_grey(soft), part)


def cut(image: Image.Image, canvas: Canvas, size: Size) -> Image.Image:
    """The part of another picture of the same scene that a canvas draws, fitted to `size` as the canvas' own was."""
    assert canvas.part is not None
    assert canvas.whole is not None, "a part belongs to a whole"
    scene = stretched(image.convert("RGB"), Size(canvas.whole.shape[-1], canvas.whole.shape[-2]))
    return filled(scene.crop(edges(canvas.part)), size)


def _fitted(image: Image.Image, start: PictureStart, size: Size, enlarging: Enlarging = PLAIN) -> Image.Image:
    fit = {"crop": cropped, "fill": filled}.get(start.resize, stretched)
    across, down = size.width / image.width, size.height / image.height
    factor = min(across, down) if start.resize == "fill" else max(across, down)
    return fit(enlarging.first(image, factor), size, enlarging.by) if factor > 1 else fit(image, size)


def softened(mask: Image.Image, picture: Image.Image, inpaint: Inpaint) -> Image.Image:
    """The mask as grey levels of the picture's size, inverted and blurred as asked. Raises `InvalidRequest`."""
    if mask.width * picture.height != mask.height * picture.width:
        wanted = f"has other proportions than the picture; scale it to {picture.width}x{picture.height}"
        raise InvalidRequest("mask", f"{mask.width}x{mask.height}", wanted)
    grey = stretched(mask.convert("L"), Size(*picture.size))
    if inpaint.invert:
        grey = ImageChops.invert(grey)
    if inpaint.blur:
        grey = blurred(grey, inpaint.blur)
    if grey.getbbox() is None:
        remedy = "is white everywhere, and inverted" if inpaint.invert else "is black everywhere"
        shown = f"{mask.width}x{mask.height}"
        raise InvalidRequest("mask", shown, f"{remedy}; leave something to be drawn, which is white")
    return grey


def blurred(grey: Image.Image, radius: int) -> Image.Image:
    """Grey levels under a Gaussian of `radius` pixels that ends 2.5 of them away, as A1111's do."""
    import cv2
    import numpy as np

    window = 2 * int(2.5 * radius + 0.5) + 1
    return Image.fromarray(cv2.GaussianBlur(np.asarray(grey), (window, window), radius))


def outpainted(picture: Image.Image, mask: Image.Image | None, outpaint: Outpaint) -> tuple[Image.Image, Image.Image]:
    """The picture with its edges continued outwards, and a mask of what is new and of the overlap."""
    size = Size(picture.width + outpaint.left + outpaint.right, picture.height + outpaint.top + outpaint.bottom)
    larger = extended(picture, outpaint.left, outpaint.top, size)
    white = Image.new("L", size, 255)
    kept = Image.new("L", picture.size, 0)
    if mask is not None:
        kept = stretched(mask.convert("L"), Size(*picture.size))
    # Only edges that grow are drawn anew: the others have no seam to hide.
    edges = [outpaint.overlap if side else 0 for side in (outpaint.left, outpaint.top, outpaint.right, outpaint.bottom)]
    inner = (edges[0], edges[1], max(edges[0], picture.width - edges[2]), max(edges[1], picture.height - edges[3]))
    white.paste(kept.crop(inner), (outpaint.left + inner[0], outpaint.top + inner[1]))
    return larger, white


def _content(picture: Tensor, white: Tensor, inpaint: Inpaint) -> Tensor:
    """What lies under the mask at first: the picture itself, or the colours around it."""
    return surrounded(picture, white) if inpaint.content == "fill" else picture


def surrounded(picture: Tensor, white: Tensor) -> Tensor:
    """The picture (1, 3, H, W) with the colours around it flowing into what is `white` (1, 1, H, W).

    Normalised averages of what is known, from coarse to fine: each finer one covers the coarser where it knows more.
    """
    known = 1 - white
    colours, mean = picture * known, (picture * known).mean((2, 3), keepdim=True)
    flowing = mean / known.mean((2, 3), keepdim=True).clamp(min=1e-6)
    flowing = flowing.expand_as(picture)
    for radius in (64, 32, 16, 8, 4, 2, 1):
        weight = _averaged(known, radius)
        flowing = torch.lerp(flowing, _averaged(colours, radius) / weight.clamp(min=1e-6), (weight * 4).clamp(max=1))
    return torch.lerp(picture, flowing, white)


def _averaged(values: Tensor, radius: int) -> Tensor:
    """The mean over squares of 2 · radius + 1 pixels, edges continued; rows and columns one after the other."""
    height, width = values.shape[-2:]
    down, across = min(radius, height - 1), min(radius, width - 1)
    padded = F.pad(values, (across, across, down, down), mode="replicate")
    rows = F.avg_pool2d(padded, (1, 2 * across + 1), stride=1)
    return F.avg_pool2d(rows, (2 * down + 1, 1), stride=1)
