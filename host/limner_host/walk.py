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
from .randomness import NoiseSource, Placed
from .ring import RingCodec
from .run import CodecRun, DenoiserRun, InversionRun, NoiseRun, RunContext, SamplerRun, TilerRun
from .stages.decode import codec_for
from .stages.encode import Timeline, encode, joined
from .stages.invert import inverted
from .stages.noise import noise
from .stages.predict import Around, prediction
from .stages.sample import sample, schedule, step_at
from .stages.start import Invert, Start, cells, encoded
from .tensors import to_grey
from .tile_layout import planned
from .work import call_work

#: How many guidances by other prompts are remembered for each of them.
MOST_KEPT: Final = 16

#: What begins a pass: the codec, the noise and the first level give the noisy latent.
Begin: TypeAlias = Callable[[Codec, NoiseSource, float, Invert], Start]
#: A prompt and a negative one.
Words: TypeAlias = tuple[str, str]
#: What makes the guidance of a walk out of the words of all pictures, or of each.
Guide: TypeAlias = Callable[[Sequence[Words]], Timeline]


@dataclass(frozen=True)
class Walk:
    """Draws a batch of latents by a recipe whose size is one of whole cells.

    `canvas` is what the recipe starts from, if it does not start from noise: one for all pictures, or one for each.
    `words` are each picture's own prompts, if they differ. A second pass comes after the `first_pass` steps of the
    first one. `asked` is the size in pixels that the person asked for. Parts of a picture are `placed` on it.
    """

    kit: Kit
    recipe: Recipe
    seeds: Sequence[ImageSeed]
    asked: Size
    canvas: Canvas | None = None
    first_pass: int | None = None
    words: tuple[Words, ...] = ()
    placed: Placed | None = None

    def latents(self, begin: Begin) -> Tensor:
        """Clean latents (B, C, h, w), from what `begin` gives at the schedule's first level."""
        kit, recipe, registry, stage = self.kit, self.recipe, self.kit.registry, self.kit.monitor.stage
        kit.monitor.weigh(lambda: len(self.seeds) * call_work(recipe, recipe.size, registry, kit.native))
        with stage("schedule", recipe.schedule.id):
            steps = steps_of(recipe.steps, recipe.start)
            sigmas = schedule(registry.schedule(recipe.schedule.id), kit.model, recipe, steps)
        with stage("encode", recipe.model.id) as ctx:
            codec = codec_of(kit, recipe, ctx)
            guide = self._guide(codec, sigmas, ctx)
            timeline = guide(self.words or [(recipe.prompt, recipe.negative)])
            denoisers = self._denoisers(guide, sigmas, ctx)
            tiles = tiler_run(kit, recipe, ctx)
            predict = prediction(kit.model, registry, recipe, denoisers, tiles, step_at(sigmas), self._called)
        with stage("noise", recipe.noise.id) as ctx:
            areas = [area for denoiser in denoisers for area in denoiser.areas()]
            run = NoiseRun(**vars(ctx))
            source = noise(registry.noise(recipe.noise.id), codec, recipe, self.seeds, run, areas, self.placed)
            start = begin(codec, source, sigmas[0], self._invert(predict, timeline, codec, sigmas))
        with stage("sample", recipe.sampler.id) as ctx:
            walk = SamplerRun(**vars(ctx), source=source, levels=kit.model.levels)
            seen = kit.monitor.sampling(recipe.sampler.id, len(sigmas) - 1)
            return sample(registry.sampler(recipe.sampler.id), predict, recipe, timeline, start, sigmas, walk, seen)

    def _called(self, x: Tensor) -> None:
        """Tell how many pixels the network was called for."""
        pictures, _, height, width = x.shape
        self.kit.monitor.called(pictures * height * width * self.kit.downscale**2)

    def _guide(self, codec: Codec, sigmas: Sequence[float], ctx: RunContext) -> Guide:
        """What makes the guidance of every step: the words, the hints, and the canvas for an inpainting model."""
        count = len(self.seeds)
        shows = [self._shows(canvas, codec, sigmas, ctx) for canvas in self._canvases()]

        def guide(words: Sequence[Words]) -> Timeline:
            if len(words) == len(shows) == 1:
                return self._worded(words[0], sigmas).each(lambda cond: shows[0](cond, 0).expand(count))
            rows = [
                self._worded(words[k % len(words)], sigmas).each(_numbered(shows[k % len(shows)], k))
                for k in range(count)
            ]
            return joined(rows)

        return guide

    def _canvases(self) -> list[Canvas | None]:
        """The canvas of all pictures, or that of each."""
        return [None] if self.canvas is None else [*self.canvas.rows()]

    def _worded(self, words: Words, sigmas: Sequence[float]) -> Timeline:
        """The guidance of one picture by its words."""
        prompt, negative = words
        # Parts are told how large the whole is, and are cut out of it.
        width, height = self._whole_size()
        changes = {"prompt": prompt, "negative": negative, "width": width, "height": height}
        recipe = self.recipe.model_copy(update=changes)
        return encode(self.kit.model, self.kit.prompts, recipe, max(1, len(sigmas) - 1), self.first_pass)

    def _whole_size(self) -> Size:
        """The size in pixels of what the words are about."""
        if self.placed is None:
            return self.recipe.size
        return Size(*(side * self.kit.downscale for side in self.placed.size))

    def _shows(
        self, canvas: Canvas | None, codec: Codec, sigmas: Sequence[float], ctx: RunContext
    ) -> Callable[[Conditioning, int], Conditioning]:
        """What makes of words what the network sees of the picture of this number on this canvas."""
        steered, shown = self.kit.steer(self.recipe, canvas, sigmas, ctx), self._shown(canvas, codec)

        def show(cond: Conditioning, number: int) -> Conditioning:
            part = cond if self.placed is None else cond.crop(self.placed.boxes[number])
            return steered(shown(part))

        return show

    def _shown(self, canvas: Canvas | None, codec: Codec) -> Callable[[Conditioning], Conditioning]:
        """What shows the canvas to a model that was made for inpainting."""
        if canvas is None or canvas.white is None or not takes_canvas(self.kit.model):
            return lambda cond: cond
        latent = encoded(self.recipe, Canvas(canvas.picture * (canvas.white < 0.5)), codec)
        white = cells(canvas.white, latent).round()
        return lambda cond: with_canvas(cond, latent, white)

    def _denoisers(self, guide: Guide, sigmas: Sequence[float], ctx: RunContext) -> list[Around]:
        """The recipe's denoisers, each with its own context."""
        kit, recipe, at = self.kit, self.recipe, step_at(sigmas)

        def guidance(prompt: str, negative: str | None) -> Callable[[float, Guidance], Guidance]:
            timeline = guide([(prompt, recipe.negative if negative is None else negative)])
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


def _numbered(show: Callable[[Conditioning, int], Conditioning], number: int) -> Callable[[Conditioning], Conditioning]:
    return lambda cond: show(cond, number)


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
