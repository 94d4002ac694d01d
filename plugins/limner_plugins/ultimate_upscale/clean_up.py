"""The clean-up of the whole: its lowest frequencies from the enlarged picture, all others as they were drawn."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

#: Waves longer than about this many pixels go back to what they were.
LONGEST: Final = 64
#: Waves that long are seen as well in a picture so many times smaller.
_SMALLER: Final = 8


def cleaned(drawn: Tensor, source: Tensor, strength: float) -> Tensor:
    """`drawn` with the share `strength` of the lowest frequencies taken from `source`, both (3, H, W) in 0 … 1.

    The difference is multiplied by a Gaussian in the Fourier domain, at an eighth of the size.
    """
    if not strength:
        return drawn
    coarse = _low(source - drawn)
    return (drawn + strength * coarse).clamp(0, 1)


def _low(difference: Tensor) -> Tensor:
    """What is left of (3, H, W) under the Gaussian. Mirrored at its edges, it is a ring without a step."""
    height, width = difference.shape[-2:]
    small = functional.interpolate(difference[None], _small(height, width), mode="area")[0]
    mirrored = torch.cat([small, small.flip(-1)], -1)
    mirrored = torch.cat([mirrored, mirrored.flip(-2)], -2)
    waves = torch.fft.rfft2(mirrored) * _gaussian(mirrored, height, width)
    low = torch.fft.irfft2(waves, s=mirrored.shape[-2:])[..., : small.shape[-2], : small.shape[-1]]
    return functional.interpolate(low[None], (height, width), mode="bicubic", align_corners=False)[0]


def _small(height: int, width: int) -> tuple[int, int]:
    return max(1, round(height / _SMALLER)), max(1, round(width / _SMALLER))


def _gaussian(mirrored: Tensor, height: int, width: int) -> Tensor:
    """One half for waves of `LONGEST` pixels of the picture."""
    down, across = mirrored.shape[-2:]
    rows = torch.fft.fftfreq(down) * (down / 2 / height)
    columns = torch.fft.rfftfreq(across) * (across / 2 / width)
    squared = rows[:, None] ** 2 + columns**2
    return torch.exp2(-squared * LONGEST**2)
