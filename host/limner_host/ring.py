"""Decoding a ring: a panorama whose left and right edges are to touch without a seam."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from limner_sdk import Box, PartsCodec

from .same_form import SameForm

#: Latent cells of the other end that the codec sees at each edge; its convolutions reach 13 (Stable Diffusion's VAE).
MARGIN: Final = 16


@dataclass(frozen=True)
class RingCodec(SameForm):
    """A codec to which a latent's right edge goes on at its left one."""

    codec: PartsCodec

    def encode(self, picture: Tensor, /) -> Tensor:
        """The latent of a picture, whose edges touch."""
        margin = min(MARGIN, picture.shape[-1] // self.downscale)
        latent = self.codec.encode(joined(picture, margin * self.downscale))
        return latent[..., margin : latent.shape[-1] - margin]

    def decode(self, latent: Tensor, /) -> Tensor:
        """The picture of a latent."""
        margin = min(MARGIN, latent.shape[-1])
        picture = self.codec.decode(joined(latent, margin))
        return picture[..., margin * self.downscale : picture.shape[-1] - margin * self.downscale]

    def parts(self, latent: Tensor, /) -> Iterator[tuple[Box, Tensor]]:
        """The parts of the picture, without what was added at its edges."""
        cells = min(MARGIN, latent.shape[-1])
        margin, width = cells * self.downscale, latent.shape[-1] * self.downscale
        for box, pixels in self.codec.parts(joined(latent, cells)):
            left, right = max(box.left, margin), min(box.right, margin + width)
            if left < right:
                shown = pixels[..., left - box.left : right - box.left]
                yield Box(left - margin, box.top, right - left, box.height), shown


def joined(values: Tensor, margin: int) -> Tensor:
    """`values` (…, W) with `margin` columns of the other end at each side."""
    return torch.cat([values[..., values.shape[-1] - margin :], values, values[..., :margin]], dim=-1)
