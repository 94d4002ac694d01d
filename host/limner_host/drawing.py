"""Drawing: one pass from noise or a picture to clean latents, a second one at a larger size, and decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from limner_sdk import Choice, Hires, ImageSeed, InvalidRequest, Recipe, Size, UnusableModel
from limner_sdk.steps import second_pass_start, steps_of

from .canvas import Canvas
from .enlarging import FILTERS, LATENT, enlarged_latents, enlarged_pictures
from .kit import Kit
from .randomness import Placed
from .registry import Registry
from .run import RunContext
from .stages.decode import decode, image_of
from .stages.encode import encode, same_form
from .stages.start import from_canvas, from_latent, from_noise
from .tensors import NOT_FINITE, to_image
from .walk import Begin, Walk, Words, codec_of, is_ring


@dataclass(frozen=True)
class Drawn:
    """Pictures, and the recipe that they were drawn by, which names what the host chose by itself."""

    recipe: Recipe
    images: list[Image.Image]


@dataclass(frozen=True)
class Drawing:
    """Draws batches with one kit."""

    kit: Kit

    @torch.inference_mode()
    def pictures(self, recipe: Recipe, seeds: Sequence[ImageSeed], canvas: Canvas | None = None) -> Drawn:
        """The finished pictures of recipes that differ in their seeds alone.

        `canvas` is what the recipe starts from, if it does not start from noise. Sizes that are not whole cells are
        drawn larger, and what was asked for is cut out of them.
        """
        self.kit.thrift.consider(recipe, self.kit.model.codec)
        self._check_ring(recipe)
        canvas = canvas and canvas.to(self.kit.device)
        latents = self._first_pass(
            self._in_cells(recipe), recipe.size, seeds, canvas and canvas.padded(self.kit.downscale)
        )
        last = recipe
        if recipe.hires:
            last = second_pass(recipe, recipe.hires, self.kit.registry)
            latents = self._second_pass(recipe, recipe.hires, self._in_cells(last), seeds, latents)
        images = self._decoded(last, latents, canvas)
        return Drawn(self.kit.thrift.recorded(recipe), images)

    @torch.inference_mode()
    def parts(
        self,
        recipe: Recipe,
        seeds: Sequence[ImageSeed],
        words: tuple[Words, ...],
        canvas: Canvas,
        placed: Placed | None,
    ) -> list[Tensor]:
        """New pixels (3, H, W), float32 in 0 … 1 on the CPU, for each row of the canvas, which shows parts.

        Nothing is laid over anything. `words` are each part's own prompt and negative prompt.
        """
        self.kit.thrift.consider(recipe, self.kit.model.codec)
        cells, begun = self._in_cells(recipe), canvas.to(self.kit.device).padded(self.kit.downscale)
        walk = Walk(self.kit, cells, seeds, recipe.size, begun, words=words, placed=placed)
        latents = self._pass(
            walk, lambda codec, source, sigma, invert: from_canvas(cells, begun, codec, source, sigma, invert)
        )
        with self.kit.monitor.stage("decode", recipe.codec.id if recipe.codec else "") as ctx:
            decoded = decode(codec_of(self.kit, recipe, ctx), latents, ctx)
        return [_pixels(picture, recipe.size) for picture in decoded]

    def form_among(self, recipe: Recipe, others: Sequence[Recipe]) -> int:
        """Which of the other recipes has prompts that can go through the network with this one's; else their number."""
        with self.kit.adapt(recipe):
            steps = max(1, steps_of(recipe.steps, recipe.start).run)
            own, *theirs = (encode(self.kit.model, self.kit.prompts, each, steps) for each in (recipe, *others))
        return next((place for place, other in enumerate(theirs) if same_form(own, other)), len(others))

    def _in_cells(self, recipe: Recipe) -> Recipe:
        """The recipe at a size of whole cells."""
        cells, pixels = self.kit.cells(recipe.size), self.kit.downscale
        return recipe.model_copy(update={"width": cells.width * pixels, "height": cells.height * pixels})

    def _check_ring(self, recipe: Recipe) -> None:
        """Raises `InvalidRequest` for a ring whose edges would not touch once what was asked for is cut out."""
        width, pixels = recipe.last_size.width, self.kit.downscale
        if recipe.tiler is None or width % pixels == 0:
            return
        with self.kit.monitor.stage("resolve", "") as ctx:
            ring = is_ring(self.kit, self._in_cells(recipe), ctx)
        if ring:
            below = width // pixels * pixels
            remedy = f"is no width for a panorama whose edges touch; ask for {below} or {below + pixels}"
            raise InvalidRequest("width", width, remedy)

    def _first_pass(self, recipe: Recipe, asked: Size, seeds: Sequence[ImageSeed], canvas: Canvas | None) -> Tensor:
        if canvas is None:
            return self._pass(
                Walk(self.kit, recipe, seeds, asked), lambda codec, source, sigma, invert: from_noise(source, sigma)
            )
        return self._pass(
            Walk(self.kit, recipe, seeds, asked, canvas),
            lambda codec, source, sigma, invert: from_canvas(recipe, canvas, codec, source, sigma, invert),
        )

    def _second_pass(
        self, recipe: Recipe, hires: Hires, larger: Recipe, seeds: Sequence[ImageSeed], latents: Tensor
    ) -> Tensor:
        """What the second pass makes of the first one's latents."""
        plugin = "" if hires.upscaler in (*LATENT, *FILTERS) else hires.upscaler
        with self.kit.monitor.stage("enlarge", plugin) as ctx:
            enlarged = self._enlarged(larger, hires.upscaler, latents, ctx)
        start = second_pass_start(hires)
        return self._pass(
            Walk(self.kit, larger, seeds, recipe.size, first_pass=steps_of(recipe.steps, recipe.start).run),
            lambda codec, source, sigma, invert: from_latent(enlarged, source, sigma, start, invert),
        )

    def _enlarged(self, larger: Recipe, upscaler: str, latents: Tensor, ctx: RunContext) -> Tensor:
        codec = codec_of(self.kit, larger, ctx)
        if upscaler in LATENT:
            return enlarged_latents(latents, larger.size, codec.downscale, upscaler)
        pixels = decode(codec, latents, ctx)
        pictures = enlarged_pictures(self.kit.registry, pixels, larger.size, upscaler, ctx)
        return torch.cat([codec.encode(picture.to(latents.device)) for picture in pictures])

    def _pass(self, walk: Walk, begin: Begin) -> Tensor:
        with self.kit.adapt(walk.recipe):
            return walk.latents(begin)

    def _decoded(self, recipe: Recipe, latents: Tensor, canvas: Canvas | None) -> list[Image.Image]:
        with self.kit.monitor.stage("decode", recipe.codec.id if recipe.codec else "") as ctx:
            images = []
            for number, latent in enumerate(latents.split(1)):
                ctx.check_cancelled()
                images.append(self._image(recipe, latent, canvas, self._following(ctx, number, len(latents))))
                self.kit.monitor.decoding((number + 1) / len(latents))
            return images

    def _following(self, ctx: RunContext, number: int, count: int) -> RunContext:
        """The context of one picture's decoding, whose share is reported as one of the batch's."""
        most = 1 - 1e-6
        return replace(ctx, report_to=lambda done, what: self.kit.monitor.decoding((number + min(done, most)) / count))

    def _image(self, recipe: Recipe, latent: Tensor, canvas: Canvas | None, ctx: RunContext) -> Image.Image:
        """One picture of the size that was asked for, laid over its canvas if that has a mask."""
        codec, size = codec_of(self.kit, recipe, ctx), recipe.size
        if canvas is None or canvas.overlay is None:
            return image_of(codec, latent).crop((0, 0, *size))
        return to_image(canvas.finished(codec.decode(latent)[..., : size.height, : size.width]))


def _pixels(picture: Tensor, size: Size) -> Tensor:
    """A decoded picture (1, 3, H, W) in -1 … 1, cut to `size`, as floats in 0 … 1. Raises `UnusableModel`."""
    if not bool(torch.isfinite(picture).all()):
        raise UnusableModel(NOT_FINITE)
    return ((picture[0, :, : size.height, : size.width].float().clamp(-1, 1) + 1) / 2).cpu()


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
