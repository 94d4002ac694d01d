"""diffusers' autoencoder as a codec."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers import AutoencoderKL


class KLCodec:
    """diffusers' `AutoencoderKL` as a `limner_sdk.NetworkCodec`.

    A latent is the mean of the posterior, moved and scaled to about unit variance.
    Its config says how: latent = (z - offset) · scale, where the offset is the `shift_factor` of SD3, and the offset
    and the spread of each channel are `latents_mean` and `latents_std` where a model has them.
    """

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        config = autoencoder.config
        self.autoencoder = autoencoder
        self.channels = int(config.latent_channels)
        self.downscale = 2 ** (len(config.block_out_channels) - 1)
        self._dtype = autoencoder.dtype
        scale, offset = torch.tensor(float(config.scaling_factor)), torch.tensor(float(config.shift_factor or 0))
        if config.latents_mean is not None and config.latents_std is not None:
            scale = scale / torch.tensor(config.latents_std).view(1, -1, 1, 1)
            offset = torch.tensor(config.latents_mean).view(1, -1, 1, 1)
        self._scale, self._offset = scale.to(autoencoder.device), offset.to(autoencoder.device)

    def encode(self, picture: Tensor, /) -> Tensor:
        """(B, 3, H, W) in -1 … 1 to (B, C, H / 8, W / 8) float32."""
        posterior = self.autoencoder.encode(picture.to(self._dtype)).latent_dist
        return self.scaled(cast(Tensor, posterior.mean))

    def decode(self, latent: Tensor, /) -> Tensor:
        """(B, C, H / 8, W / 8) to (B, 3, H, W) float32, about -1 … 1."""
        z = self.unscaled(latent).to(self._dtype)
        return _full(cast(Tensor, self.autoencoder.decode(z, return_dict=False)[0]))

    def scaled(self, z: Tensor, /) -> Tensor:
        """The latent of the mean of the posterior, in float32 or better."""
        return (_full(z) - self._offset) * self._scale

    def unscaled(self, latent: Tensor, /) -> Tensor:
        """What the autoencoder decodes of a latent."""
        return latent / self._scale + self._offset


def _full(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
