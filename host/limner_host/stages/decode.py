"""Decode: clean latents become pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from limner_host.blame import blaming
from limner_host.offers import Offer
from limner_host.registry import Registry
from limner_host.run import CodecRun, RunContext
from limner_host.same_form import SameForm
from limner_host.tensors import to_levels
from limner_sdk import Box, Codec, CodecDef, InvalidRequest, Model, PartsCodec, Recipe, StageFailed


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
        wrapped = wrapper.definition.wrap(model.codec, ctx.of(recipe.codec.id), wrapper.params_of(recipe.codec))
    if not isinstance(wrapped, Codec):
        raise StageFailed(recipe.codec.id, f"it gave a {type(wrapped).__name__} instead of a codec")
    form, own = (wrapped.channels, wrapped.downscale), (model.codec.channels, model.codec.downscale)
    if form != own:
        raise StageFailed(recipe.codec.id, f"it has channels and downscale {form} instead of the model's {own}")
    return BlamedCodec(wrapped, recipe.codec.id)


def can_wrap(offer: Offer[CodecDef[Any]], codec: Codec, ctx: CodecRun) -> bool:
    """Whether a codec plugin, at its own parameters, takes this codec."""
    try:
        offer.definition.wrap(codec, ctx.of(offer.id), offer.definition.params())
    except InvalidRequest as refusal:
        ctx.log.info("%s is not used: %s", offer.id, refusal)
        return False
    return True


@dataclass(frozen=True)
class BlamedCodec(SameForm):
    """A codec whose accidents are those of `owner`, in whatever stage it is used."""

    codec: Codec
    owner: str

    def encode(self, picture: Tensor, /) -> Tensor:
        """The latent of a picture. Raises `StageFailed` for one of a wrong shape."""
        with blaming(self.owner, "encode"):
            latent = self.codec.encode(picture)
        height, width = (side // self.downscale for side in picture.shape[-2:])
        return self._checked(latent, (len(picture), self.channels, height, width))

    def decode(self, latent: Tensor, /) -> Tensor:
        """The picture of a latent. Raises `StageFailed` for one of a wrong shape."""
        with blaming(self.owner, "decode"):
            picture = self.codec.decode(latent)
        height, width = (self.downscale * side for side in latent.shape[-2:])
        return self._checked(picture, (len(latent), 3, height, width))

    def _checked(self, made: Tensor, shape: tuple[int, ...]) -> Tensor:
        if not isinstance(made, Tensor) or tuple(made.shape) != shape:
            shown = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
            raise StageFailed(self.owner, f"it gave {shown} instead of {shape}")
        return made

    def parts(self, latent: Tensor, /) -> Iterator[tuple[Box, Tensor]]:
        """The parts of the picture of a latent; all of it as one for a codec that knows no parts."""
        height, width = (self.downscale * side for side in latent.shape[-2:])
        missing = torch.ones(height, width, dtype=torch.bool)
        with blaming(self.owner, "decode"):
            for box, pixels in self._parts(latent):
                shape = (1, 3, box.height, box.width)
                inside = min(box.left, box.top) >= 0 and box.right <= width and box.bottom <= height
                if tuple(pixels.shape) != shape or not inside:
                    made = f"{tuple(pixels.shape)} for the part {tuple(box)}"
                    raise StageFailed(self.owner, f"it gave {made} of a picture of {width}x{height}")
                missing[box.top : box.bottom, box.left : box.right] = False
                yield box, pixels
        if left := int(missing.sum()):
            raise StageFailed(self.owner, f"its parts leave {left} of {width * height} pixels out")

    def _parts(self, latent: Tensor) -> Iterator[tuple[Box, Tensor]]:
        if isinstance(self.codec, PartsCodec):
            return self.codec.parts(latent)
        pixels = self.codec.decode(latent)
        return iter([(Box(0, 0, pixels.shape[-1], pixels.shape[-2]), pixels)])
