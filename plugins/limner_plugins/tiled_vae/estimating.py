"""What the fast way guesses statistics by: a small copy of the map, its levels made those of the original again."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def small_copy(values: Tensor, longest: int) -> Tensor:
    """`values` (1, C, h, w) with its longest side at most `longest`.

    Nearest sampling keeps the sharpness that the network expects; each channel gets the mean and spread that it had,
    and stays within its range. What is small enough comes back as it is.
    """
    height, width = values.shape[2:]
    if max(height, width) <= longest:
        return values
    share = longest / max(height, width)
    size = [max(1, round(side * share)) for side in (height, width)]
    small = functional.interpolate(values, size=size, mode="nearest-exact")
    return _levelled(small, values)


def _levelled(small: Tensor, like: Tensor) -> Tensor:
    spread, mean = torch.std_mean(small, (2, 3), correction=0, keepdim=True)
    wanted_spread, wanted_mean = torch.std_mean(like, (2, 3), correction=0, keepdim=True)
    levelled = (small - mean) / spread.clamp(min=1e-12) * wanted_spread + wanted_mean
    return torch.clamp(levelled, like.amin((2, 3), keepdim=True), like.amax((2, 3), keepdim=True))
