"""Decode: clean latents become pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from limner_host.blame import blaming
from limner_host.registry import Registry
from limner_host.run import CodecRun, RunContext
from limner_host.tensors import to_levels
from limner_sdk import Box, Codec, Model, PartsCodec, Recipe


def decode(codec: Codec, latents: Tensor, ctx: RunContext) -> list[Tensor]:
    """The pictures (1, 3, H, W) in -1 … 1 of the latents (B, C, h, w), one at a time."""
    pictures = []
    for latent in latents.split(1):
        ctx.check_cancelled()
        pictures.append(codec.decode(latent))
    return pictures


def image_of(codec: PartsCodec, latent: Tensor) -> Image.Image:
    """The 8-bit picture of one latent (1, C, h, w), put together from parts, so that its floats are never all there.

    Raises `UnusableModel` if it is not finite.
    """
    height, width = (codec.downscale * side for side in latent.shape[-2:])
    levels = torch.empty(height, width, 3, dtype=torch.uint8)
    for box, pixels in codec.parts(latent):
        levels[box.top : box.bottom, box.left : box.right] = to_levels(pixels)
    return Image.fromarray(levels.numpy(), "RGB")


def codec_for(model: Model, registry: Registry, recipe: Recipe, ctx: CodecRun) -> PartsCodec:
    """The model's codec, wrapped as the recipe says."""
    if recipe.codec is None:
        return BlamedCodec(model.codec, recipe.model.id)
    wrapper = registry.codec(recipe.codec.id)
    with blaming(recipe.codec.id, "wrap"):
        wrapped = wrapper.definition.wrap(model.codec, ctx, wrapper.params_of(recipe.codec))
    return BlamedCodec(wrapped, recipe.codec.id)


@dataclass(frozen=True)
class BlamedCodec:
    """A codec whose accidents are those of `owner`, in whatever stage it is used."""

    codec: Codec
    owner: str

    @property
    def channels(self) -> int:
        """Channels of a latent."""
        return self.codec.channels

    @property
    def downscale(self) -> int:
        """Pixels per latent cell and axis."""
        return self.codec.downscale

    def encode(self, picture: Tensor, /) -> Tensor:
        """The latent of a picture."""
        with blaming(self.owner, "encode"):
            return self.codec.encode(picture)

    def decode(self, latent: Tensor, /) -> Tensor:
        """The picture of a latent."""
        with blaming(self.owner, "decode"):
            return self.codec.decode(latent)

    def parts(self, latent: Tensor, /) -> Iterator[tuple[Box, Tensor]]:
        """The parts of the picture of a latent; all of it as one for a codec that knows no parts."""
        with blaming(self.owner, "decode"):
            if isinstance(self.codec, PartsCodec):
                yield from self.codec.parts(latent)
            else:
                pixels = self.codec.decode(latent)
                yield Box(0, 0, pixels.shape[-1], pixels.shape[-2]), pixels
