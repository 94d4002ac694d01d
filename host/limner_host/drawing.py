"""Drawing: one pass through encode, noise, schedule, sample and decode, and a second one at a larger size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from limner_sdk import Choice, Codec, Conditioning, Hires, ImageSeed, Model, PostprocessContext, Recipe
from limner_sdk.steps import second_pass_start, steps_of

from .canvas import Canvas
from .enlarging import FILTERS, LATENT, enlarged_latents, enlarged_pictures
from .families.canvas import takes_canvas, with_canvas
from .prompt_cache import PromptCache
from .randomness import NoiseSource
from .registry import Registry
from .run import CodecRun, NoiseRun, RunContext, SamplerRun
from .stages.decode import codec_for, decode
from .stages.encode import Timeline, encode
from .stages.noise import noise
from .stages.sample import prediction, sample, schedule
from .stages.start import Start, cells, encoded, from_canvas, from_latent, from_noise


class Monitor(Protocol):
    """Whoever follows a drawing: opens its stages, and hears how far it is."""

    def stage(self, name: str, definition: str) -> AbstractContextManager[RunContext]:
        """What a stage runs in; blames `definition` for what goes wrong inside."""
        ...

    def sampling(self, sampler: str, steps: int) -> Callable[[int, Tensor], None]:
        """What hears of each evaluation of one pass, and of the clean latents that it gave."""
        ...

    def decoding(self, done: float) -> None:
        """How much of one batch is decoded, 0 … 1."""
        ...


#: What begins a pass: the codec, the noise and the first level give the noisy latent.
Begin: TypeAlias = Callable[[Codec, NoiseSource, float], Start]
#: What shows a conditioning all else that a pass over these levels is steered by, such as control hints.
Steer: TypeAlias = Callable[
    [Recipe, Canvas | None, Sequence[float], RunContext], Callable[[Conditioning], Conditioning]
]
#: Changes the networks for as long as one pass draws, as the LoRAs of its prompt want it.
Adapt: TypeAlias = Callable[[Recipe], AbstractContextManager[object]]
#: What an upscaler plugin gets while a recipe is drawn.
Upscaling: TypeAlias = Callable[[Recipe, RunContext], PostprocessContext]


@dataclass(frozen=True)
class Drawing:
    """Draws batches with one model on one device."""

    model: Model
    registry: Registry
    prompts: PromptCache
    device: torch.device
    monitor: Monitor
    steer: Steer
    adapt: Adapt
    upscaling: Upscaling

    @torch.inference_mode()
    def pictures(self, recipe: Recipe, seeds: Sequence[ImageSeed], canvas: Canvas | None = None) -> list[Tensor]:
        """The finished pictures (1, 3, H, W) in -1 … 1 of recipes that differ in their seeds alone.

        `canvas` is what the recipe starts from, if it does not start from noise.
        """
        latents = self._first_pass(recipe, seeds, canvas and canvas.to(self.device))
        if recipe.hires:
            recipe, latents = self._second_pass(recipe, recipe.hires, seeds, latents)
        pixels = self._decoded(recipe, latents)
        return [canvas.finished(picture) for picture in pixels] if canvas else pixels

    def _first_pass(self, recipe: Recipe, seeds: Sequence[ImageSeed], canvas: Canvas | None) -> Tensor:
        if canvas is None:
            return self._pass(recipe, seeds, None, lambda codec, source, sigma: from_noise(source, sigma))
        return self._pass(
            recipe, seeds, canvas, lambda codec, source, sigma: from_canvas(recipe, canvas, codec, source, sigma)
        )

    def _second_pass(
        self, recipe: Recipe, hires: Hires, seeds: Sequence[ImageSeed], latents: Tensor
    ) -> tuple[Recipe, Tensor]:
        """The recipe of the second pass, and what it makes of the first one's latents."""
        larger = second_pass(recipe, hires, self.registry)
        plugin = "" if hires.upscaler in (*LATENT, *FILTERS) else hires.upscaler
        with self.monitor.stage("enlarge", plugin) as ctx:
            enlarged = self._enlarged(recipe, larger, hires.upscaler, latents, ctx)
        start = second_pass_start(hires)
        first_pass = steps_of(recipe.steps, recipe.start).run
        return larger, self._pass(
            larger, seeds, None, lambda codec, source, sigma: from_latent(enlarged, source, sigma, start), first_pass
        )

    def _enlarged(self, recipe: Recipe, larger: Recipe, upscaler: str, latents: Tensor, ctx: RunContext) -> Tensor:
        codec = self._codec(recipe, ctx)
        if upscaler in LATENT:
            return enlarged_latents(latents, larger.size, codec.downscale, upscaler)
        pixels = decode(codec, latents, CodecRun(**vars(ctx)), lambda done: None)
        pictures = enlarged_pictures(self.registry, pixels, larger.size, upscaler, self.upscaling(recipe, ctx))
        return torch.cat([codec.encode(picture.to(latents.device)) for picture in pictures])

    def _pass(
        self,
        recipe: Recipe,
        seeds: Sequence[ImageSeed],
        canvas: Canvas | None,
        begin: Begin,
        first_pass: int | None = None,
    ) -> Tensor:
        """One walk down the schedule, from what `begin` gives at its first level to clean latents (B, C, h, w).

        A second pass comes after the `first_pass` steps of the first one.
        """
        with self.adapt(recipe):
            return self._walk(recipe, seeds, canvas, begin, first_pass)

    def _walk(
        self,
        recipe: Recipe,
        seeds: Sequence[ImageSeed],
        canvas: Canvas | None,
        begin: Begin,
        first_pass: int | None,
    ) -> Tensor:
        registry, stage = self.registry, self.monitor.stage
        with stage("schedule", recipe.schedule.id):
            steps = steps_of(recipe.steps, recipe.start)
            sigmas = schedule(registry.schedule(recipe.schedule.id), self.model, recipe, steps)
        with stage("encode", recipe.model.id) as ctx:
            codec = self._codec(recipe, ctx)
            steered = self.steer(recipe, canvas, sigmas, ctx)
            timeline = encode(self.model, self.prompts, recipe, max(1, len(sigmas) - 1), first_pass)
            timeline = self._shown(timeline, recipe, canvas, codec)
            timeline = timeline.each(lambda cond: steered(cond).expand(len(seeds)))
        with stage("noise", recipe.noise.id) as ctx:
            source = noise(registry.noise(recipe.noise.id), codec, recipe, seeds, NoiseRun(**vars(ctx)))
            start = begin(codec, source, sigmas[0])
        with stage("sample", recipe.sampler.id) as ctx:
            walk = SamplerRun(**vars(ctx), source=source, levels=self.model.levels)
            predict = prediction(self.model, registry, recipe, sigmas, walk)
            seen = self.monitor.sampling(recipe.sampler.id, len(sigmas) - 1)
            sampler = registry.sampler(recipe.sampler.id)
            return sample(sampler, predict, recipe, timeline, start, sigmas, walk, seen)

    def _shown(self, timeline: Timeline, recipe: Recipe, canvas: Canvas | None, codec: Codec) -> Timeline:
        """The guidance of every step, with the canvas for a model that was made for inpainting."""
        if canvas is None or canvas.white is None or not takes_canvas(self.model):
            return timeline
        latent = encoded(recipe, Canvas(canvas.picture * (canvas.white < 0.5)), codec)
        white = cells(canvas.white, latent).round()
        return timeline.each(lambda cond: with_canvas(cond, latent, white))

    def _decoded(self, recipe: Recipe, latents: Tensor) -> list[Tensor]:
        with self.monitor.stage("decode", recipe.codec.id if recipe.codec else "") as ctx:
            return decode(self._codec(recipe, ctx), latents, CodecRun(**vars(ctx)), self.monitor.decoding)

    def _codec(self, recipe: Recipe, ctx: RunContext) -> Codec:
        return codec_for(self.model, self.registry, recipe, CodecRun(**vars(ctx)))


def second_pass(recipe: Recipe, hires: Hires, registry: Registry) -> Recipe:
    """The recipe of the second pass, which redraws the enlarged first one."""

    def own(value: object, first: object) -> object:
        return first if value is None else value

    changes = {
        name: own(getattr(hires, name), getattr(recipe, name)) for name in ("steps", "cfg", "prompt", "negative")
    }
    if hires.sampler:
        changes["sampler"] = registry.sampler(hires.sampler).stage(Choice(name=hires.sampler))
        if recipe.discard_penultimate == registry.sampler(recipe.sampler.id).definition.discards_penultimate:
            # Nobody has asked for anything else than the samplers' own way.
            changes["discard_penultimate"] = registry.sampler(hires.sampler).definition.discards_penultimate
    if hires.schedule:
        changes["schedule"] = registry.schedule(hires.schedule).stage(Choice(name=hires.schedule))
    size = {"width": hires.width, "height": hires.height}
    return recipe.model_copy(update=changes | size | {"start": second_pass_start(hires), "hires": None})
