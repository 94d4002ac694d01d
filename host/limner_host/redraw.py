"""Runs the earlier stages again on a finished picture: image to image, within a mask or everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import Denoise, Model, Recipe

from .registry import Registry
from .run import CodecRun, NoiseRun, RunContext, SamplerRun
from .stages.decode import codec_for, to_image, to_tensor
from .stages.encode import encode
from .stages.noise import noise
from .stages.sample import prediction, schedule


@dataclass(frozen=True)
class Redrawer:
    """Redraws pictures with one model, for as long as one job runs."""

    model: Model
    registry: Registry
    context: RunContext

    @torch.inference_mode()
    def __call__(self, recipe: Recipe, image: Image.Image, strength: float, mask: Image.Image | None) -> Image.Image:
        """`image` with the share `strength` (0 … 1) of the schedule run again, where `mask` is white."""
        common = vars(self.context)
        codec = codec_for(self.model, self.registry, recipe, CodecRun(**common))
        picture = _padded(to_tensor(image, self.context.device), codec.downscale)
        kept = codec.encode(picture)
        sized = recipe.model_copy(update={"width": picture.shape[-1], "height": picture.shape[-2]})
        sigmas = schedule(self.registry.schedule(recipe.schedule.id), self.model, recipe)
        sigmas = sigmas[_first_step(len(sigmas) - 1, strength) :]
        if len(sigmas) < 2:
            return image.copy()
        source = noise(self.registry.noise(recipe.noise.id), codec, sized, [recipe.seed], NoiseRun(**common))
        start = source.draw()
        ctx = SamplerRun(**common, source=source, levels=self.model.levels)
        predict = prediction(self.model, self.registry, sized, sigmas, ctx)
        guidance, white = encode(self.model, recipe, 1), _white(mask, picture)

        def denoise(x: Tensor, sigma: float) -> Tensor:
            ctx.check_cancelled()
            x0 = predict(x, sigma, guidance)
            return x0 if white is None else torch.lerp(kept, x0, F.interpolate(white, kept.shape[-2:], mode="area"))

        drawn = self._sampled(recipe, denoise, kept + start * sigmas[0], sigmas, ctx)
        pixels = codec.decode(drawn)
        if white is not None:
            pixels = torch.lerp(picture, pixels, white)
        return to_image(pixels[..., : image.height, : image.width])

    def _sampled(
        self, recipe: Recipe, denoise: Denoise, x: Tensor, sigmas: tuple[float, ...], ctx: SamplerRun
    ) -> Tensor:
        sampler = self.registry.sampler(recipe.sampler.id)
        return sampler.definition.run(denoise, x, sigmas, ctx, sampler.params_of(recipe.sampler))


def _first_step(steps: int, strength: float) -> int:
    """How many of the schedule's steps are left out, rounded so that any strength above 0 runs at least one."""
    run = min(steps, max(1, round(strength * steps))) if strength > 0 else 0
    return steps - run


def _padded(picture: Tensor, multiple: int) -> Tensor:
    """Continue the edges of (1, 3, H, W) up to the next multiple, which the networks need."""
    height, width = picture.shape[-2:]
    return F.pad(picture, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def _white(mask: Image.Image | None, picture: Tensor) -> Tensor | None:
    """The mask as (1, 1, H, W) in 0 … 1, black where the picture was padded."""
    if mask is None:
        return None
    levels = to_tensor(mask.convert("RGB"), picture.device)[:, :1].add(1).div(2)
    return F.pad(levels, (0, picture.shape[-1] - levels.shape[-1], 0, picture.shape[-2] - levels.shape[-2]))
