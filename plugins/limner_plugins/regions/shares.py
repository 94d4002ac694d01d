"""What share of the finished prediction each region has in each cell: means where they overlap, layers, the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from limner_sdk import Tensor

from .params import Base


@dataclass(frozen=True)
class Layer:
    """How opaque a region is in each cell, (h, w) in 0 … 1, and its weight among those of its kind."""

    opacity: Tensor
    weight: float
    foreground: bool


def shares_of(layers: Sequence[Layer], base: Base) -> Tensor:
    """The share of the picture's own prompt, then that of each region, (1 + n, h, w); at most 1 together in each cell.

    Overlapping backgrounds give their mean by weight. They lie on the base, or with the base everywhere, it is one of
    them with the weight 1. The mean of the foregrounds lies on top, as opaque as the most opaque one of them.
    """
    back, front = (_opacities(layers, foreground) for foreground in (False, True))
    ground = torch.zeros_like(back)
    ground[0] = 0 if base == "none" else 1
    weights = torch.tensor([1, *(layer.weight for layer in layers)], device=back.device).view(-1, 1, 1)
    if base == "everywhere":
        back[0] = 1
    covered = back.amax(dim=0)
    if base == "none":
        covered = (covered > 0).to(covered)
    return _laid(_laid(ground, back * weights, covered), front * weights, front.amax(dim=0))


def _opacities(layers: Sequence[Layer], foreground: bool) -> Tensor:
    """The opacities of one kind in their rows; those of the base and of the other kind are 0."""
    shown = [layer.opacity * (layer.foreground == foreground) for layer in layers]
    return torch.stack([torch.zeros_like(shown[0]), *shown])


def _laid(below: Tensor, says: Tensor, opacity: Tensor) -> Tensor:
    """The mean by `says` (1 + n, h, w), laid on `below` as opaquely as `opacity` (h, w)."""
    total = says.sum(dim=0)
    mean = says / torch.where(total > 0, total, 1)
    return below * (1 - opacity) + mean * opacity
