"""Where each thing is drawn anew: its mask moved, grown, merged with others and softened, local to the thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from limner_sdk import Box, Image, Size

from .finding import Thing, point_of
from .params import DetailerParams

#: Grey levels (h, w), 8-bit.
Levels: TypeAlias = NDArray[np.uint8]

#: Softened masks change no 8-bit pixel where they are darker.
BLACK: Final = 1 / 512


@dataclass(frozen=True)
class Mask:
    """Grey levels in the part `box` of the picture; black outside. `point`, `share` and `labels` are the thing's own.

    `point` is where it is, see `point_of`. A mask of several things has the middle and the labels of all, and the
    largest share; one of all but them has the share 0.
    """

    box: Box
    levels: NDArray[Any]
    point: tuple[int, int]
    share: float
    labels: tuple[str, ...] = ()


def masks_of(things: Sequence[Thing], canvas: Size, native: Size, params: DetailerParams) -> list[Mask]:
    """A mask for each thing or for all, soft (float32 in 0 … 1) and cut to what is not black; empty ones left out."""
    scale = proportion(native)
    grow, blur = round(params.dilate_erode * scale), params.blur * scale
    hard = [_grown(_outline(thing, params), grow, reach(blur), canvas) for thing in things]
    if params.merge != "none" and hard:
        hard = [_merged(hard, canvas, inverted=params.merge == "merge_invert")]
    return [_trimmed(_soft(mask, blur)) for mask in hard if mask.levels.any()]


def proportion(native: Size) -> float:
    """What pixels of masks are multiplied with: models that like less than 512 pixels draw everything smaller."""
    return min(1.0, min(native) / 512)


def reach(blur: float) -> int:
    """How many pixels a mask's edge spreads when it is softened."""
    return int(2.5 * blur + 0.5)


def _outline(thing: Thing, params: DetailerParams) -> Mask:
    """What is white of the thing, moved; it may lie beyond the picture's edges."""
    found, box = thing.detection, thing.detection.box
    drawn = found.mask.getbbox() if found.mask is not None and params.mask_shape == "mask" else None
    if found.mask is not None and drawn is not None:
        box = Box(drawn[0], drawn[1], drawn[2] - drawn[0], drawn[3] - drawn[1])
        levels = np.where(np.asarray(found.mask.crop(drawn)) > 127, 255, 0).astype(np.uint8)
    elif params.mask_shape == "ellipse":
        levels = _ellipse(box)
    else:
        levels = np.full((box.height, box.width), 255, np.uint8)
    moved = Box(box.left + params.x_offset, box.top - params.y_offset, box.width, box.height)
    return Mask(moved, levels, point_of(thing.detection.box), thing.share, (found.label,))


def _ellipse(box: Box) -> Levels:
    """The largest one within a box."""
    across = (2 * np.arange(box.width) + 1) / box.width - 1
    down = (2 * np.arange(box.height) + 1) / box.height - 1
    return np.where(across**2 + down[:, None] ** 2 <= 1, 255, 0).astype(np.uint8)


def _grown(mask: Mask, pixels: int, margin: int, canvas: Size) -> Mask:
    """`mask` grown by half of `pixels` at each side, or shrunk, with room for its edge; what leaves the picture is cut.

    The kernel's side is odd, so that all sides grow by the same.
    """
    room = _within(mask.box, abs(pixels) // 2 + margin, canvas)
    if min(room.width, room.height) < 1:
        return replace(mask, box=Box(0, 0, 1, 1), levels=np.zeros((1, 1), np.uint8))
    levels = np.zeros((room.height, room.width), np.uint8)
    _paste(levels, room, mask.levels, mask.box)
    change = cv2.dilate if pixels > 0 else cv2.erode
    if abs(pixels) > 1:
        levels = np.asarray(change(levels, np.ones((abs(pixels) | 1,) * 2, np.uint8)), np.uint8)
    return replace(mask, box=room, levels=levels)


def _within(box: Box, margin: int, canvas: Size) -> Box:
    """A box with a margin, cut at the picture's edges."""
    left, top = max(0, box.left - margin), max(0, box.top - margin)
    right, bottom = min(canvas.width, box.right + margin), min(canvas.height, box.bottom + margin)
    return Box(left, top, right - left, bottom - top)


def _paste(onto: NDArray[Any], place: Box, levels: NDArray[Any], box: Box) -> None:
    """Write what lies at `box` into `onto`, which lies at `place`, where they overlap; the lighter one wins."""
    left, top = max(place.left, box.left), max(place.top, box.top)
    right, bottom = min(place.right, box.right), min(place.bottom, box.bottom)
    if left >= right or top >= bottom:
        return
    here = onto[top - place.top : bottom - place.top, left - place.left : right - place.left]
    there = levels[top - box.top : bottom - box.top, left - box.left : right - box.left]
    np.maximum(here, there, out=here)


def in_part(box: Box, mask: Mask) -> NDArray[np.float32]:
    """The soft mask (h, w) in a part of the picture that contains it."""
    levels = np.zeros((box.height, box.width), np.float32)
    _paste(levels, box, mask.levels, mask.box)
    return levels


def _merged(masks: Sequence[Mask], canvas: Size, *, inverted: bool) -> Mask:
    """All masks as one, or what is in none of them."""
    left, top = min(mask.box.left for mask in masks), min(mask.box.top for mask in masks)
    right, bottom = max(mask.box.right for mask in masks), max(mask.box.bottom for mask in masks)
    box = Box(0, 0, *canvas) if inverted else Box(left, top, right - left, bottom - top)
    levels = np.zeros((box.height, box.width), np.uint8)
    for mask in masks:
        _paste(levels, box, mask.levels, mask.box)
    labels = tuple(label for mask in masks for label in mask.labels)
    if inverted:
        return Mask(box, 255 - levels, point_of(box), 0.0, labels)
    return Mask(box, levels, point_of(box), max(mask.share for mask in masks), labels)


def _soft(mask: Mask, blur: float) -> Mask:
    """The edge softened by a Gaussian of `blur` pixels, cut at two and a half of them."""
    levels = mask.levels.astype(np.float32) / 255
    side = 2 * reach(blur) + 1
    if side > 1:
        # What lies at the picture's edge goes on beyond it.
        levels = np.asarray(cv2.GaussianBlur(levels, (side, side), blur, borderType=cv2.BORDER_REPLICATE))
    return replace(mask, levels=levels)


def _trimmed(mask: Mask) -> Mask:
    """Cut to what is not black."""
    rows, columns = (np.flatnonzero(mask.levels.any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    box = Box(mask.box.left + left, mask.box.top + top, right - left, bottom - top)
    return replace(mask, box=box, levels=mask.levels[top:bottom, left:right])


def touching(masks: Sequence[Mask], region: Image) -> list[Mask]:
    """Those that have a pixel in common with what is white in a grey picture of the canvas."""
    white = np.asarray(region) > 127
    return [mask for mask in masks if (white[_slices(mask.box)] & (mask.levels > 0.5)).any()]


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)
