"""Quick looks at unfinished latents: decoded if that is cheap, else a linear guess of each cell's colour."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import Codec

from .pictures import grid_of
from .tensors import to_image

#: Latents of at most this many cells in all are decoded in less time than one call of their UNet.
CHEAP_CELLS: Final = 1024
_PATCH: Final = 4
_CELLS: Final = 32
_SMALLEST: Final = 256


@dataclass(frozen=True)
class Previewer:
    """Makes previews with one model's codec; `weights` is the linear map that fits it best, (C + 1, 3)."""

    codec: Codec
    weights: Tensor

    @classmethod
    @torch.inference_mode()
    def fit(cls, codec: Codec, device: torch.device) -> Previewer:
        """Encode patches of random colours, and solve for the map that gives the colours back."""
        generator = torch.Generator().manual_seed(0)
        cells = torch.rand(1, 3, _CELLS // _PATCH, _CELLS // _PATCH, generator=generator) * 2 - 1
        colours = F.interpolate(cells, scale_factor=_PATCH, mode="nearest")
        picture = F.interpolate(colours, scale_factor=codec.downscale, mode="nearest").to(device)
        latent = codec.encode(picture).float().cpu()
        return cls(codec, torch.linalg.lstsq(_rows(latent), colours[0].flatten(1).T).solution)

    @torch.inference_mode()
    def preview(self, latent: Tensor) -> bytes:
        """A small JPEG grid of the pictures that `latent` (B, C, h, w) will become."""
        cheap = latent[:, 0].numel() <= CHEAP_CELLS
        looks = [self.codec.decode(row) if cheap else self.painted(row) for row in latent.split(1)]
        grid = grid_of([to_image(look.nan_to_num()) for look in looks])
        factor = max(1, round(_SMALLEST / max(grid.size)))
        enlarged = grid.resize((grid.width * factor, grid.height * factor), Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        enlarged.save(buffer, "JPEG", quality=80)
        return buffer.getvalue()

    def painted(self, latent: Tensor) -> Tensor:
        """One latent (1, C, h, w) as rough colours (1, 3, h, w) in -1 … 1."""
        latent = latent.float().cpu()
        colours = (_rows(latent) @ self.weights).T.view(1, 3, *latent.shape[2:])
        return colours.clamp(-1, 1)


def _rows(latent: Tensor) -> Tensor:
    """One row per cell: its channels, and a constant for the offset."""
    cells = latent[0].flatten(1).T
    return torch.cat([cells, torch.ones(len(cells), 1)], dim=1)
