"""Lays what was drawn anew over the picture: once, in floats, and only where a mask is not black."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from limner_sdk import Box, Image, Size, Tensor, colour_matched, to_picture, to_pixels

from .masks import BLACK, Mask, in_part
from .params import DetailerParams

#: Colours (h, w, 3) in 0 … 1.
Colours: TypeAlias = NDArray[np.float32]

#: What the autoencoder and a drifting model are off by; more is another content, which is left alone.
_LARGEST_SHIFT: Final = 0.15
#: Pixels of the small picture in which the difference is spread.
_COARSE: Final = 48


@dataclass(frozen=True)
class Patch:
    """New pixels (3, h, w) for the part `mask.box` of the picture."""

    mask: Mask
    pixels: Tensor


def patch_of(image: Image, box: Box, pixels: Tensor, mask: Mask, params: DetailerParams) -> Patch:
    """What was drawn of the part `box`, at its old size again, cut to the mask's, and with the colours asked for."""
    new = _resized(pixels, Size(box.width, box.height))
    if params.match_colours:
        new = continued(new, _part(image, box), in_part(box, mask))
    left, top = mask.box.left - box.left, mask.box.top - box.top
    new = new[:, top : top + mask.box.height, left : left + mask.box.width]
    # What is around the mask has its colours, and would only thin out those that are to be matched.
    return Patch(mask, colour_matched(new, _part(image, mask.box), params.colour_fix))


def _part(image: Image, box: Box) -> Tensor:
    return to_pixels(image.crop((box.left, box.top, box.right, box.bottom)))


def _resized(pixels: Tensor, size: Size) -> Tensor:
    """By Lanczos' filter, in floats."""
    planes = pixels.detach().float().cpu()
    if planes.shape[1:] == (size.height, size.width):
        return planes
    made = [Pillow.fromarray(plane.numpy()).resize(size, Pillow.Resampling.LANCZOS) for plane in planes]
    return torch.stack([torch.from_numpy(np.array(plane)) for plane in made]).clamp_(0, 1)


def continued(new: Tensor, old: Tensor, mask: NDArray[np.float32]) -> Tensor:
    """`new` with the colours that would make it `old` where the mask is black, smoothly continued into the mask.

    All that is black should have stayed as it was, so the smooth part of what differs there is the autoencoder's and
    the model's drift, which would else be seen as a square. Its mean weighted by nearness (normalised convolution,
    Knutsson and Westin 1993) is taken away everywhere. Pixels (3, h, w), the mask (h, w) in 0 … 1.
    """
    outside = (mask < BLACK).astype(np.float32)
    if not outside.any():
        return new
    off = (old - new).permute(1, 2, 0).contiguous().numpy() * outside[..., None]
    height, width = mask.shape
    small = (min(width, _COARSE), min(height, _COARSE))
    known = _spread(cv2.resize(outside, small, interpolation=cv2.INTER_AREA))
    # In the middle of a large mask hardly any of it is left.
    shift = _spread(cv2.resize(off, small, interpolation=cv2.INTER_AREA)) / np.maximum(known, 1e-12)[..., None]
    shift = shift.clip(-_LARGEST_SHIFT, _LARGEST_SHIFT).astype(np.float32)
    shifts = np.asarray(cv2.resize(shift, (width, height), interpolation=cv2.INTER_LINEAR))
    return (new + torch.from_numpy(shifts).permute(2, 0, 1)).clamp(0, 1)


def _spread(values: NDArray[Any]) -> NDArray[np.float64]:
    """Blurred by a Gaussian of an eighth of the coarse picture, far enough that its middle hears of its edges."""
    side = 2 * _COARSE + 1
    blurred = cv2.GaussianBlur(values.astype(np.float64), (side, side), _COARSE / 8, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float64)


def composed(image: Image, patches: Sequence[Patch]) -> Image:
    """The picture with all patches over it. Where they overlap they are mixed by their masks, in whatever order."""
    result = image.copy()
    for box, cluster in _clusters(patches):
        old = _part(image, box)
        result.paste(to_picture(_mixed(old, box, cluster)), (box.left, box.top))
    return result


def _mixed(old: Tensor, box: Box, patches: Iterable[Patch]) -> Tensor:
    change, total = torch.zeros_like(old), torch.zeros_like(old[0])
    for patch in sorted(patches, key=lambda patch: patch.mask.box):
        left, top = patch.mask.box.left - box.left, patch.mask.box.top - box.top
        here = slice(top, top + patch.mask.box.height), slice(left, left + patch.mask.box.width)
        share = torch.from_numpy(patch.mask.levels)
        total[here] += share
        change[:, *here] += share * (patch.pixels - old[:, *here])
    return old + change / total.clamp(min=1)


def _clusters(patches: Iterable[Patch]) -> list[tuple[Box, list[Patch]]]:
    """Patches that overlap, directly or through others, each group with the box around it."""
    clusters: list[tuple[Box, list[Patch]]] = []
    for patch in patches:
        box, together = patch.mask.box, [patch]
        while met := [cluster for cluster in clusters if _overlap(cluster[0], box)]:
            clusters = [cluster for cluster in clusters if not _overlap(cluster[0], box)]
            together += [other for _, others in met for other in others]
            for other, _ in met:
                box = _around(box, other)
        clusters.append((box, together))
    return clusters


def _overlap(box: Box, other: Box) -> bool:
    return box.left < other.right and other.left < box.right and box.top < other.bottom and other.top < box.bottom


def _around(box: Box, other: Box) -> Box:
    left, top = min(box.left, other.left), min(box.top, other.top)
    return Box(left, top, max(box.right, other.right) - left, max(box.bottom, other.bottom) - top)
