"""Decode: clean latents become pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from limner_host.blame import blaming
from limner_host.registry import Registry
from limner_host.run import CodecRun
from limner_sdk import Codec, Model, Recipe


def decode(codec: Codec, latents: Tensor, ctx: CodecRun, done: Callable[[float], None]) -> list[Tensor]:
    """The pictures (1, 3, H, W) in -1 … 1 of the latents (B, C, h, w), one at a time; `done` hears of each share."""
    pictures = []
    for latent in latents.split(1):
        ctx.check_cancelled()
        pictures.append(codec.decode(latent))
        done(len(pictures) / len(latents))
    return pictures


def codec_for(model: Model, registry: Registry, recipe: Recipe, ctx: CodecRun) -> Codec:
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
