"""Quick looks at unfinished latents: a linear guess of each cell's colour."""

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
from .stages.decode import to_image

_PATCH: Final = 4
_CELLS: Final = 32
_SMALLEST: Final = 256


@dataclass(frozen=True)
class LatentColours:
    """The linear map from a latent's channels to red, green and blue that fits a codec best."""

    weights: Tensor

    @classmethod
    @torch.inference_mode()
    def fit(cls, codec: Codec, device: torch.device) -> LatentColours:
        """Encode patches of random colours, and solve for the map that gives the colours back."""
        generator = torch.Generator().manual_seed(0)
        cells = torch.rand(1, 3, _CELLS // _PATCH, _CELLS // _PATCH, generator=generator) * 2 - 1
        colours = F.interpolate(cells, scale_factor=_PATCH, mode="nearest")
        picture = F.interpolate(colours, scale_factor=codec.downscale, mode="nearest").to(device)
        latent = codec.encode(picture).float().cpu()
        return cls(torch.linalg.lstsq(_rows(latent), colours[0].flatten(1).T).solution)

    def paint(self, latent: Tensor) -> Tensor:
        """(B, C, h, w) to rough colours (B, 3, h, w) in -1 … 1."""
        latent = latent.detach().float().cpu()
        painted = [(_rows(row[None]) @ self.weights).T.view(1, 3, *row.shape[1:]) for row in latent]
        return torch.cat(painted).clamp(-1, 1)

    def preview(self, latent: Tensor) -> bytes:
        """A small JPEG grid of the pictures that `latent` (B, C, h, w) will become."""
        grid = grid_of([to_image(row) for row in self.paint(latent).split(1)])
        factor = max(1, round(_SMALLEST / max(grid.size)))
        buffer = io.BytesIO()
        enlarged = grid.resize((grid.width * factor, grid.height * factor), Image.Resampling.BICUBIC)
        enlarged.save(buffer, "JPEG", quality=80)
        return buffer.getvalue()


def _rows(latent: Tensor) -> Tensor:
    """One row per cell: its channels, and a constant for the offset."""
    cells = latent[0].flatten(1).T
    return torch.cat([cells, torch.ones(len(cells), 1)], dim=1)
