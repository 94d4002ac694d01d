"""Group norm's statistics, summed up over bands of rows that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Affine:
    """What a group norm does once its statistics are known: x · scale + shift, each (1, C, 1, 1)."""

    scale: Tensor
    shift: Tensor

    def for_rows(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift where `rows` are, in float32 or better."""
        full = torch.promote_types(rows.dtype, torch.float32)
        return self.scale.to(full).to(rows.device), self.shift.to(full).to(rows.device)

    def finite(self) -> bool:
        """Whether all of it is numbers."""
        return bool(torch.isfinite(self.scale).all() and torch.isfinite(self.shift).all())


class Moments:
    """Count, mean and sum of squared differences of each channel, in float64.

    Bands are merged as in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances" (1979); the last term is the one between the bands.
    """

    def __init__(self, channels: int, device: torch.device) -> None:
        # Apple's GPUs have no float64.
        place = torch.device("cpu") if device.type == "mps" else device
        self.count = 0
        self.mean = torch.zeros(channels, dtype=torch.float64, device=place)
        self.squares = torch.zeros_like(self.mean)

    def add(self, rows: Tensor) -> None:
        """Take in rows (1, C, h, w) that have not been seen before."""
        count, mean, squares = _of(rows, self.mean.device)
        total = self.count + count
        apart = mean - self.mean
        self.mean = self.mean + apart * (count / total)
        self.squares = self.squares + squares + apart.square() * (self.count * count / total)
        self.count = total

    def affine(self, norm: nn.GroupNorm) -> Affine:
        """What `norm` makes of a map with these moments; the same merging again, over a group's channels."""
        mean = self.mean.view(norm.num_groups, -1)
        middle = mean.mean(1, keepdim=True)
        squares = self.squares.view_as(mean).sum(1, keepdim=True) + self.count * (mean - middle).square().sum(
            1, keepdim=True
        )
        scale = torch.rsqrt(squares / (self.count * mean.shape[1]) + norm.eps).expand_as(mean)
        return _with_weights(norm, scale.reshape(-1), (-middle * scale).reshape(-1))


def _of(rows: Tensor, place: torch.device) -> tuple[int, Tensor, Tensor]:
    """Count, mean and squares of one band, summed row by row and the rows in float64.

    A value of each channel is taken away first, so that no large numbers cancel.
    """
    pixels = rows.permute(0, 2, 3, 1).flatten(0, 1)
    wide = pixels.to(torch.promote_types(pixels.dtype, torch.float32))
    pilot = wide[0].mean(0)
    apart = wide - pilot
    count = apart.shape[0] * apart.shape[1]
    sums = apart.sum(1).to(place).sum(0, dtype=torch.float64)
    squares = apart.square_().sum(1).to(place).sum(0, dtype=torch.float64)
    return count, pilot.to(place).double() + sums / count, (squares - sums.square() / count).clamp_(min=0)


def _with_weights(norm: nn.GroupNorm, scale: Tensor, shift: Tensor) -> Affine:
    if norm.affine:
        weight, bias = (part.to(scale.device).double() for part in (norm.weight, norm.bias))
        scale, shift = scale * weight, shift * weight + bias
    return Affine(scale.view(1, -1, 1, 1), shift.view(1, -1, 1, 1))
