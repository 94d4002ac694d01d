"""Where regions are on the canvas: the cells of rectangles and masks, their soft edges, and the boxes around them."""

from __future__ import annotations

from math import ceil, floor, pi
from typing import Final

import torch

from limner_sdk import Box, DenoiserContext, InvalidRequest, Size, Tensor

from .language import SLACK, Length, Rectangle, Region

#: Networks halve a latent three times; boxes whose sides are multiples of this stay whole throughout.
GRAIN: Final = 8


def area_of(region: Region, ctx: DenoiserContext) -> Tensor:
    """How much of each cell belongs to the region, (h, w) in 0 … 1.

    Raises `InvalidRequest` for a region that leaves the canvas, and for one without any cells.
    """
    if region.rectangle is not None:
        return _filled(region, region.rectangle, ctx)
    area = ctx.mask(region.options.mask or "").to(ctx.device, torch.float32)
    if not bool((area > 0).any()):
        raise _refused(region, "has an empty mask; its picture must be white where the region is")
    return area


def _filled(region: Region, place: Rectangle, ctx: DenoiserContext) -> Tensor:
    asked, canvas = ctx.asked, ctx.canvas
    columns = _cells(region, place.left, place.width, asked.width, canvas.width)
    rows = _cells(region, place.top, place.height, asked.height, canvas.height)
    area = torch.zeros(canvas.height, canvas.width, device=ctx.device)
    area[rows, columns] = 1
    return area


def _cells(region: Region, start: Length, length: Length, whole: int, count: int) -> slice:
    """The nearest of `count` whole cells, over which the `whole` pixels that were asked for are stretched.

    Neighbours who share an edge in pixels share it in cells, and a second pass has them at the same places.
    """
    first, end = start.pixels(whole), start.pixels(whole) + length.pixels(whole)
    if end > whole * (1 + SLACK):
        raise _refused(region, f"reaches to pixel {end:g} and so leaves the picture; end at {whole}")
    cells = slice(*(floor(min(edge, whole) * count / whole + 0.5) for edge in (first, end)))
    if cells.start >= cells.stop:
        raise _refused(region, f"is too small; make it at least {ceil(whole / count)} pixels wide and high")
    return cells


def _refused(region: Region, remedy: str) -> InvalidRequest:
    return InvalidRequest("denoiser.areas", region.line, remedy)


def clearest(area: Tensor) -> Tensor:
    """The cells that are at least half as much the region's as its clearest ones, bool (h, w): its seed's noise.

    So it has some however grey its mask is, and of two masks that fade into each other both keep their side.
    """
    return area >= area.max() / 2


def box_of(area: Tensor) -> Box:
    """The box around the cells above 0, its sides grown to multiples of `GRAIN` cells where the canvas has room."""
    height, width = area.shape
    columns, rows = (area.amax(dim=axis).nonzero().flatten() for axis in (0, 1))
    left, across = _grown(int(columns[0]), int(columns[-1]) + 1, width)
    top, down = _grown(int(rows[0]), int(rows[-1]) + 1, height)
    return Box(left, top, across, down)


def _grown(start: int, stop: int, room: int) -> tuple[int, int]:
    """Where the grown side begins, and its length: as much on either end, but not past the canvas."""
    length = min(ceil((stop - start) / GRAIN) * GRAIN, room)
    begin = start - (length - (stop - start)) // 2
    return min(max(begin, 0), room - length), length


def feathered(area: Tensor, share: float) -> Tensor:
    """The area with a soft edge inside it, (h, w) in 0 … 1: a raised cosine of the distance to what is outside.

    It is `share` (0 … 1) of half the shorter side wide. The canvas' own border is no edge.
    """
    inside = area > 0
    reach = share * min(_sides(inside)) / 2
    if reach == 0 or bool(inside.all()):
        return area
    depth = (_distance(inside) / reach).clamp(0, 1)
    return area * (0.5 - 0.5 * torch.cos(pi * depth))


def _sides(inside: Tensor) -> Size:
    columns, rows = (inside.any(dim=axis).nonzero().flatten() for axis in (0, 1))
    return Size(int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1)


def _distance(inside: Tensor) -> Tensor:
    """How far each cell's middle is from the nearest edge, in cells; 0 outside."""
    import cv2
    import numpy as np

    seen = inside.to("cpu", torch.uint8).numpy()
    far = cv2.distanceTransform(seen, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return torch.from_numpy(np.maximum(far - 0.5, 0)).to(inside.device)
