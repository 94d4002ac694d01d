"""Start: what the sampler begins with, which is noise alone or a noisy picture of which parts may be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from limner_host.canvas import Canvas
from limner_host.randomness import NoiseSource
from limner_sdk import Codec, Denoise, PictureStart, Recipe

#: `invert(latent, fresh) -> noise`: what a clean latent is made noisy with, the fresh noise itself or what was found.
Invert: TypeAlias = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Start:
    """The noisy latent `x` (B, C, h, w), and what is kept where `white` (1, 1, h, w) is below 1."""

    x: Tensor
    kept: Tensor | None = None
    white: Tensor | None = None

    def keeping(self, denoise: Denoise) -> Denoise:
        """`denoise` whose clean latents show the kept picture outside the mask."""
        kept, white = self.kept, self.white
        if kept is None or white is None:
            return denoise
        return lambda x, sigma: torch.lerp(kept, denoise(x, sigma), white)

    def finished(self, latent: Tensor) -> Tensor:
        """The clean latent with the kept picture outside the mask."""
        return latent if self.kept is None or self.white is None else torch.lerp(self.kept, latent, self.white)


def from_noise(source: NoiseSource, sigma: float) -> Start:
    """Nothing but noise at the level `sigma`."""
    return Start(source.draw() * sigma)


def from_latent(latent: Tensor, source: NoiseSource, sigma: float, start: PictureStart, invert: Invert) -> Start:
    """A clean latent (B or 1, C, h, w) with noise at the level `sigma`."""
    noise = invert(latent, source.draw())
    kept = latent + noise * start.extra_noise if start.extra_noise else latent
    return Start(kept + noise * (sigma * start.noise_multiplier), kept)


def from_canvas(
    recipe: Recipe, canvas: Canvas, codec: Codec, source: NoiseSource, sigma: float, invert: Invert
) -> Start:
    """A picture, whole or with a mask, with noise at the level `sigma`.

    The mask's latent cells are means of its pixels, rounded to kept or drawn unless the recipe blends them.
    """
    start, latent = recipe.start or PictureStart(), encoded(recipe, canvas, codec)
    if canvas.white is None:
        return from_latent(latent, source, sigma, start, invert)
    white = cells(canvas.white.to(latent), latent)
    if recipe.inpaint is None or recipe.inpaint.round_mask:
        white = white.round()
    noise = invert(latent, source.draw())
    kept = latent + noise * start.extra_noise if start.extra_noise else latent
    match recipe.inpaint.content if recipe.inpaint else "original":
        case "noise":
            kept = torch.lerp(kept, noise, white)
        case "nothing":
            kept = kept * (1 - white)
        case _:
            pass
    return Start(kept + noise * (sigma * start.noise_multiplier), kept, white)


def encoded(recipe: Recipe, canvas: Canvas, codec: Codec) -> Tensor:
    """The canvas' picture as a latent of the recipe's size, (1, C, h, w)."""
    picture = canvas.picture if canvas.original is None else canvas.original
    # One by one: kernels round differently for every batch size.
    latent = torch.cat([codec.encode(row) for row in picture.split(1)])
    size = recipe.height // codec.downscale, recipe.width // codec.downscale
    return latent if latent.shape[-2:] == size else F.interpolate(latent, size, mode="bilinear", align_corners=False)


def cells(white: Tensor, latent: Tensor) -> Tensor:
    """A mask of pixels (1, 1, H, W) as the means over each cell of `latent`."""
    return F.interpolate(white, latent.shape[-2:], mode="area")
