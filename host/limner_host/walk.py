"""One walk down a schedule: encode, noise and sample, from what a pass begins with to clean latents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from limner_sdk import (
    Codec,
    Conditioning,
    Guidance,
    ImageSeed,
    PartsCodec,
    PictureReference,
    Predict,
    Recipe,
    Size,
    Stage,
)
from limner_sdk.steps import steps_of

from .canvas import Canvas
from .families.canvas import takes_canvas, with_canvas
from .framing import stretched
from .kept import Kept
from .kit import Kit
from .memory_policy import RescuedCodec
from .randomness import NoiseSource
from .ring import RingCodec
from .run import CodecRun, DenoiserRun, InversionRun, NoiseRun, RunContext, SamplerRun, TilerRun
from .stages.decode import codec_for
from .stages.encode import Timeline, encode
from .stages.invert import inverted
from .stages.noise import noise
from .stages.predict import Around, prediction
from .stages.sample import sample, schedule, step_at
from .stages.start import Invert, Start, cells, encoded
from .tensors import to_grey
from .tile_layout import planned

#: How many guidances by other prompts are remembered for each of them.
MOST_KEPT: Final = 16

#: What begins a pass: the codec, the noise and the first level give the noisy latent.
Begin: TypeAlias = Callable[[Codec, NoiseSource, float, Invert], Start]
#: What makes the guidance of a walk out of a prompt and a negative one.
Guide: TypeAlias = Callable[[str, str], Timeline]


@dataclass(frozen=True)
class Walk:
    """Draws a batch of latents by a recipe whose size is one of whole cells.

    `canvas` is what the recipe starts from, if it does not start from noise. A second pass comes after the
    `first_pass` steps of the first one. `asked` is the size in pixels that the person asked for.
    """

    kit: Kit
    recipe: Recipe
    seeds: Sequence[ImageSeed]
    asked: Size
    canvas: Canvas | None = None
    first_pass: int | None = None

    def latents(self, begin: Begin) -> Tensor:
        """Clean latents (B, C, h, w), from what `begin` gives at the schedule's first level."""
        kit, recipe, registry, stage = self.kit, self.recipe, self.kit.registry, self.kit.monitor.stage
        with stage("schedule", recipe.schedule.id):
            steps = steps_of(recipe.steps, recipe.start)
            sigmas = schedule(registry.schedule(recipe.schedule.id), kit.model, recipe, steps)
        with stage("encode", recipe.model.id) as ctx:
            codec = codec_of(kit, recipe, ctx)
            guide = self._guide(codec, sigmas, ctx)
            timeline = guide(recipe.prompt, recipe.negative)
            denoisers = self._denoisers(guide, sigmas, ctx)
            tiles = tiler_run(kit, recipe, ctx)
            predict = prediction(kit.model, registry, recipe, denoisers, tiles, step_at(sigmas))
        with stage("noise", recipe.noise.id) as ctx:
            areas = [area for denoiser in denoisers for area in denoiser.areas()]
            source = noise(registry.noise(recipe.noise.id), codec, recipe, self.seeds, NoiseRun(**vars(ctx)), areas)
            start = begin(codec, source, sigmas[0], self._invert(predict, timeline, codec, sigmas))
        with stage("sample", recipe.sampler.id) as ctx:
            walk = SamplerRun(**vars(ctx), source=source, levels=kit.model.levels)
            seen = kit.monitor.sampling(recipe.sampler.id, len(sigmas) - 1)
            return sample(registry.sampler(recipe.sampler.id), predict, recipe, timeline, start, sigmas, walk, seen)

    def _guide(self, codec: Codec, sigmas: Sequence[float], ctx: RunContext) -> Guide:
        """What makes the guidance of every step: the words, the hints, and the canvas for an inpainting model."""
        kit, steps = self.kit, max(1, len(sigmas) - 1)
        steered = kit.steer(self.recipe, self.canvas, sigmas, ctx)
        shown = self._shown(codec)

        def guide(prompt: str, negative: str) -> Timeline:
            recipe = self.recipe.model_copy(update={"prompt": prompt, "negative": negative})
            timeline = encode(kit.model, kit.prompts, recipe, steps, self.first_pass)
            return timeline.each(lambda cond: steered(shown(cond)).expand(len(self.seeds)))

        return guide

    def _shown(self, codec: Codec) -> Callable[[Conditioning], Conditioning]:
        """What shows the canvas to a model that was made for inpainting."""
        canvas = self.canvas
        if canvas is None or canvas.white is None or not takes_canvas(self.kit.model):
            return lambda cond: cond
        latent = encoded(self.recipe, Canvas(canvas.picture * (canvas.white < 0.5)), codec)
        white = cells(canvas.white, latent).round()
        return lambda cond: with_canvas(cond, latent, white)

    def _denoisers(self, guide: Guide, sigmas: Sequence[float], ctx: RunContext) -> list[Around]:
        """The recipe's denoisers, each with its own context."""
        kit, recipe, at = self.kit, self.recipe, step_at(sigmas)

        def guidance(prompt: str, negative: str | None) -> Callable[[float, Guidance], Guidance]:
            timeline = guide(prompt, recipe.negative if negative is None else negative)
            return as_strong(lambda sigma: timeline.at(at(sigma)))

        common = DenoiserRun(
            **vars(replace(ctx, report_to=kit.monitor.within)),
            model=kit.model,
            sigmas=tuple(sigmas),
            canvas=kit.cells(recipe.size),
            native=kit.cells(kit.native),
            asked=self.asked,
            prompt=recipe.prompt,
            guide=guidance,
        )
        found = []
        for stage in recipe.denoisers:
            offer = kit.registry.denoiser(stage.id)
            masks = {name: partial(self._mask, picture) for name, picture in stage.pictures.items()}
            found.append(Around(offer, offer.params_of(stage), replace(common, masks=masks).of(offer.id)))
        return found

    def _mask(self, picture: PictureReference) -> Tensor:
        """A kept picture as grey levels (h, w) in 0 … 1 over the canvas, one a cell."""
        size = self.kit.cells(self.recipe.size)
        grey = to_grey(stretched(self.kit.mask(picture), self.recipe.size)).to(self.kit.device)
        return F.interpolate(grey, (size.height, size.width), mode="area")[0, 0]

    def _invert(self, predict: Predict, timeline: Timeline, codec: Codec, sigmas: Sequence[float]) -> Invert:
        """What finds the noise that a clean latent is begun with: fresh noise, unless the recipe has an inversion."""
        stage, kit = self.recipe.inversion, self.kit
        if stage is None:
            return lambda latent, fresh: fresh

        def invert(latent: Tensor, fresh: Tensor) -> Tensor:
            # Denoisers have guidance of their own for the whole batch.
            latent = latent.expand_as(fresh) if self.recipe.denoisers else latent
            followed, at = timeline.unguided(len(latent)), step_at(sigmas)
            with kit.monitor.stage("invert", stage.id) as ctx:
                run = InversionRun(
                    # Its progress is told by the evaluations that it makes.
                    **vars(replace(ctx, report_to=lambda done, what: kit.monitor.within(0.0, what)).of(stage.id)),
                    levels=kit.model.levels,
                    sigmas=tuple(sigmas),
                    pictured=partial(self._pictured, latent, codec),
                )

                def denoise(x: Tensor, sigma: float) -> Tensor:
                    ctx.check_cancelled()
                    x0 = predict(x, sigma, followed.at(at(sigma)))
                    kit.monitor.evaluated(len(x))
                    return x0

                return inverted(kit.registry.inversion(stage.id), stage, latent, fresh, denoise, run)

        return invert

    def _pictured(self, latent: Tensor, codec: Codec) -> Tensor:
        """What a clean latent shows: the canvas, or what the codec makes of it."""
        if self.canvas:
            return self.canvas.picture
        # One by one: kernels round differently for every batch size.
        return torch.cat([codec.decode(row) for row in latent.split(1)]).clamp(-1, 1)


def as_strong(own: Callable[[float], Guidance]) -> Callable[[float, Guidance], Guidance]:
    """What gives the guidance `own` of a level at the scale of another one; the same objects give the same object."""
    known: Kept[Guidance] = Kept(MOST_KEPT)

    def at(sigma: float, asked: Guidance) -> Guidance:
        words = own(sigma)
        return known.get((words, asked), lambda: replace(words, scale=asked.scale, rescale=asked.rescale))

    return at


def tiler_run(kit: Kit, recipe: Recipe, ctx: RunContext) -> TilerRun:
    """What the recipe's tiler gets."""
    sizes = [recipe.last_size, kit.whole or recipe.last_size]
    return TilerRun(
        **vars(replace(ctx, report_to=kit.monitor.within).of(recipe.tiler.id if recipe.tiler else "")),
        native=kit.cells(kit.native),
        canvas=kit.cells(recipe.size),
        largest=kit.cells(Size(*map(max, zip(*sizes, strict=True)))),
        is_part=kit.whole is not None,
    )


def codec_of(kit: Kit, recipe: Recipe, ctx: RunContext) -> PartsCodec:
    """The recipe's codec; for a canvas that is a ring, one that knows it. The host's own turns thrifty when it must."""
    codec = _codec(kit, recipe, recipe.codec or kit.thrift.stage, ctx)
    if recipe.codec is None and kit.thrift.stage is None:
        codec = RescuedCodec(codec, partial(_rescue, kit, recipe, ctx))
    return RingCodec(codec) if is_ring(kit, recipe, ctx) else codec


def _codec(kit: Kit, recipe: Recipe, stage: Stage | None, ctx: RunContext) -> PartsCodec:
    run = CodecRun(**vars(ctx))
    return codec_for(kit.model, kit.registry, recipe.model_copy(update={"codec": stage}), run)


def _rescue(kit: Kit, recipe: Recipe, ctx: RunContext, reason: str) -> PartsCodec | None:
    stage = kit.thrift.turn(reason)
    return None if stage is None else _codec(kit, recipe, stage, ctx)


def is_ring(kit: Kit, recipe: Recipe, ctx: RunContext) -> bool:
    """Whether the recipe's tiler makes the canvas a ring."""
    if recipe.tiler is None or kit.whole is not None:
        return False
    offer, run = kit.registry.tiler(recipe.tiler.id), tiler_run(kit, recipe, ctx)
    return planned(offer, run.canvas, 0, run, offer.params_of(recipe.tiler)).wraps
