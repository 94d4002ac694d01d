"""Enlarging: the first pass of two, as a latent or a picture, and the picture that a recipe starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import Context, Size, UpscalerDef
from limner_sdk.settings import LATENT_UPSCALERS, PICTURE_UPSCALERS

from .blame import blaming, checked_picture
from .canvas import PLAIN, Enlarging
from .framing import corners, covering, cropped, stretched
from .offers import Offer
from .registry import Registry
from .tensors import to_image, to_tensor

#: Interpolations of latents, and filters of pictures, by name.
LATENT: Final = dict(zip(LATENT_UPSCALERS, ("bilinear", "bicubic", "nearest-exact"), strict=True))
FILTERS: Final = dict(zip(PICTURE_UPSCALERS, (Image.Resampling.LANCZOS, Image.Resampling.NEAREST), strict=True))
#: What is assumed of an upscaler that only running it tells.
UNKNOWN_SCALE: Final = 4
#: What an upscaler may make on the way, whatever thin picture it begins with.
MOST_PIXELS: Final = 2**27


def filter_named(name: str) -> str | None:
    """The filter that a name means, whose case does not matter; None for any other."""
    folded = name.strip().casefold()
    return folded if folded in FILTERS else None


def enlarged_latents(latents: Tensor, size: Size, downscale: int, name: str) -> Tensor:
    """Latents (B, C, h, w) for pictures of `size` pixels, cropped in the middle where the proportions differ."""
    wanted = Size(size.width // downscale, size.height // downscale)
    left, top, width, height = (round(edge) for edge in covering((latents.shape[-1], latents.shape[-2]), wanted))
    shown = latents[..., top : top + height, left : left + width]
    mode = LATENT[name]
    smooth = {} if mode == "nearest-exact" else {"align_corners": False}
    return F.interpolate(shown, (wanted.height, wanted.width), mode=mode, **smooth)


def enlarged_pictures(
    registry: Registry, pictures: Sequence[Tensor], size: Size, name: str, ctx: Context
) -> list[Tensor]:
    """Pictures (1, 3, H, W) in -1 … 1 at `size` pixels, by a filter or by the upscaler plugin called `name`.

    Raises `StageFailed` for an upscaler that gives no RGB picture.
    """
    return [to_tensor(_enlarged(registry, to_image(picture), size, name, ctx)) for picture in pictures]


def _enlarged(registry: Registry, image: Image.Image, size: Size, name: str, ctx: Context) -> Image.Image:
    if name in FILTERS:
        return image.resize(size, FILTERS[name], box=corners(covering(image.size, size)))
    return cropped(upscaled(registry.upscaler(name), image, ctx), size)


def enlarging_by(name: str, registry: Registry, ctx: Context) -> Enlarging:
    """How a filter, or the upscaler plugin called `name`, enlarges the picture that a recipe starts from."""
    if name in FILTERS:
        return Enlarging(PLAIN.first, FILTERS[name])
    offer = registry.upscaler(name)
    return Enlarging(lambda image, factor: multiplied(offer, image, factor, ctx), PLAIN.by)


def multiplied(offer: Offer[UpscalerDef[Any]], image: Image.Image, factor: float, ctx: Context) -> Image.Image:
    """A whole multiple of a picture, as often enlarged by an upscaler as `factor` wants it and memory bears."""
    scale, multiple = max(2, offer.definition.scale or UNKNOWN_SCALE), 1
    larger = image
    while multiple < factor and larger.width * larger.height * scale**2 <= MOST_PIXELS:
        made = upscaled(offer, larger, ctx)
        if made.width <= larger.width:
            # It is no enlarger at all; a filter has to do.
            return larger
        multiple *= scale if offer.definition.scale else max(2, round(made.width / larger.width))
        # A picture of other proportions would no longer lie under its mask.
        larger = stretched(made, Size(image.width * multiple, image.height * multiple))
    return larger


def enlarged_to(registry: Registry, image: Image.Image, name: str, size: Size | None, ctx: Context) -> Image.Image:
    """A picture of exactly `size` pixels by a filter or an upscaler plugin; enlarged once if there is no size.

    Where the size has other proportions, the picture is stretched. Raises `UnknownName`, and `StageFailed` for an
    upscaler that gives no RGB picture.
    """
    if plain := filter_named(name):
        return stretched(image, size or Size(2 * image.width, 2 * image.height), FILTERS[plain])
    offer = registry.upscaler(name)
    if size is None:
        return upscaled(offer, image, ctx)
    factor = max(size.width / image.width, size.height / image.height)
    return stretched(multiplied(offer, image, factor, ctx) if factor > 1 else image, size)


def too_large_for(registry: Registry, image: Image.Image, name: str, size: Size) -> bool:
    """Whether an upscaler has no say in enlarging a picture to `size`, as it would need too much memory."""
    if filter_named(name) or (size.width <= image.width and size.height <= image.height):
        return False
    scale = max(2, registry.upscaler(name).definition.scale or UNKNOWN_SCALE)
    return image.width * image.height * scale**2 > MOST_PIXELS


def upscaled(offer: Offer[UpscalerDef[Any]], image: Image.Image, ctx: Context) -> Image.Image:
    """What an upscaler makes of a picture, at its default parameters. Raises `StageFailed` with its name."""
    with blaming(offer.id, "upscale"):
        made = offer.definition.run(image, ctx, offer.definition.params())
    return checked_picture(offer.id, made)
