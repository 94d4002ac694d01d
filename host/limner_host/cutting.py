"""Cutting: the part of a latent or of a hint that a box shows, going round past the right edge of a ring."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from limner_sdk import Box


def columns(box: Box, width: int) -> Iterator[tuple[slice, slice]]:
    """The columns of a canvas of `width` cells that `box` shows, and where they lie in the box: two pairs at most."""
    first = min(box.right, width) - box.left
    yield slice(box.left, box.left + first), slice(0, first)
    if first < box.width:
        yield slice(0, box.width - first), slice(first, box.width)


def cut(values: Tensor, box: Box, scale: int = 1) -> Tensor:
    """The part of `values` (…, H, W) in `box`, whose sides are multiplied by `scale` first."""
    left, top, width, height = (scale * side for side in box)
    rows = values[..., top : top + height, :]
    if left + width <= values.shape[-1]:
        return rows[..., left : left + width]
    shown = columns(Box(left, top, width, height), values.shape[-1])
    return torch.cat([rows[..., canvas] for canvas, _ in shown], dim=-1)
