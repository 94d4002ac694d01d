"""Autoencoders of Stable Diffusion's build with random weights, for tests of the tiled VAE."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

from limner_host.families.codec import KLCodec
from limner_plugins.tiled_vae.codec import TiledCodec
from limner_plugins.tiled_vae.params import TiledParams
from limner_sdk.testing import FakeContext


def random_codec(
    channels: tuple[int, ...] = (8, 16, 16, 16), *, dtype: torch.dtype = torch.float64, **changes: Any
) -> KLCodec:
    """Four levels of two layers, as the large ones have; every norm has weights of its own."""
    options: dict[str, Any] = {
        "block_out_channels": channels,
        "down_block_types": ("DownEncoderBlock2D",) * len(channels),
        "up_block_types": ("UpDecoderBlock2D",) * len(channels),
        "layers_per_block": 2,
        "norm_num_groups": 4,
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AutoencoderKL(**(options | changes))
        for norm in (module for module in network.modules() if isinstance(module, nn.GroupNorm)):
            nn.init.normal_(norm.weight, 1, 0.3)
            nn.init.normal_(norm.bias, 0, 0.3)
    for parameter in network.parameters():
        parameter.data = parameter.data.to(dtype)
    return KLCodec(network.eval())


def tiled(codec: KLCodec, ctx: FakeContext | None = None, **params: Any) -> TiledCodec:
    """The tiled VAE around `codec`."""
    return TiledCodec(codec, ctx or FakeContext(), TiledParams(**params))


def slanted(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    """Noise that rises from the left upper corner to the other, so that the parts of a map differ."""
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    rise = torch.linspace(-2, 2, shape[2])[:, None] + torch.linspace(-2, 2, shape[3])
    return (noise + rise).to(dtype)


@torch.no_grad()
def decoded(codec: KLCodec, latent: Tensor) -> Tensor:
    """The picture of the whole latent."""
    return codec.decode(latent)


@torch.no_grad()
def encoded(codec: KLCodec, picture: Tensor) -> Tensor:
    """The latent of the whole picture."""
    return codec.encode(picture)


def apart(one: Tensor, other: Tensor) -> float:
    """The largest difference."""
    return float((one - other).detach().abs().max())
