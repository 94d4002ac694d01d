"""Decode: clean latents become pictures."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from limner_host.registry import Registry
from limner_host.run import CodecRun
from limner_sdk import Codec, Model, Recipe, UnusableModel


def decode(model: Model, registry: Registry, recipe: Recipe, latents: Tensor, ctx: CodecRun) -> list[Image.Image]:
    """RGB pictures of the latents (B, C, h, w), one at a time. Raises `UnusableModel` if a picture is not finite."""
    codec = codec_for(model, registry, recipe, ctx)
    pictures = []
    for latent in latents.split(1):
        ctx.check_cancelled()
        pictures.append(to_image(codec.decode(latent)))
        ctx.report(len(pictures) / len(latents))
    return pictures


def codec_for(model: Model, registry: Registry, recipe: Recipe, ctx: CodecRun) -> Codec:
    """The model's codec, wrapped as the recipe says."""
    if recipe.codec is None:
        return model.codec
    wrapper = registry.codec(recipe.codec.id)
    return wrapper.definition.wrap(model.codec, ctx, wrapper.params_of(recipe.codec))


def to_image(picture: Tensor) -> Image.Image:
    """An 8-bit RGB picture of a tensor (1, 3, H, W) in -1 … 1."""
    if not bool(torch.isfinite(picture).all()):
        raise UnusableModel("the model's picture has values that are no numbers; try full precision or another model")
    levels = ((picture[0].float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy(), "RGB")


def to_tensor(image: Image.Image, device: torch.device) -> Tensor:
    """A tensor (1, 3, H, W) in -1 … 1 of an RGB picture."""
    levels = torch.frombuffer(bytearray(image.convert("RGB").tobytes()), dtype=torch.uint8)
    return (levels.view(1, image.height, image.width, 3).permute(0, 3, 1, 2).to(device).float() / 127.5) - 1
