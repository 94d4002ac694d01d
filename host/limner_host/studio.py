"""The studio: leads a request through the stages and saves what comes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch
from PIL import Image

from limner_sdk import Catalogue, Model, PictureStart, Recipe, Request, Size, StageFailed
from limner_sdk.messages import Picture, Result

from .adapters.applying import LoraApplier
from .advice import advice
from .blame import blaming
from .canvas import Canvas, canvas_of
from .device import free_memory, memory_reported
from .drawing import Drawing, Drawn
from .enlarging import FILTERS, enlarging_by
from .fitting import Fitting
from .job import Job
from .kit import Kit
from .library import Library
from .limits import Limits
from .memory_policy import Thrift
from .metadata.writing import infotext
from .offers import ModelOffer
from .pictures import INFOTEXT_CHUNK, RECIPE_CHUNK, grid_of, write_picture
from .prompt_cache import PromptCache
from .redraw import Redrawer, Within
from .registry import Registry
from .run import CodecRun, RunContext, Silent, Watcher
from .shelf import Shelf
from .stages.decode import can_wrap
from .stages.postprocess import PostprocessRun, postprocess
from .stages.resolve import model_for, resolve
from .versions import software

log = logging.getLogger(__name__)

MOST_IN_BATCH: Final = 4


@dataclass(frozen=True)
class Studio:
    """Everything that making pictures needs; jobs go through it one after another."""

    registry: Registry
    library: Library
    shelf: Shelf
    device: torch.device
    dtype: torch.dtype
    prompts: PromptCache = field(default_factory=PromptCache)
    loras: LoraApplier = field(default_factory=LoraApplier)
    limits: Limits = field(default_factory=Limits)

    def catalogue(self) -> Catalogue:
        """Everything that can be chosen here, with the files that prompts and requests name."""
        return self.registry.catalogue().model_copy(
            update={"files": self.library.entries(), "largest_pixels": self.limits.pixels}
        )

    def model(self, offer: ModelOffer) -> Model:
        """The model, loaded if need be. Raises `UnusableModel`, `StageFailed` or `OutOfMemory`."""
        with memory_reported(f"the model {offer.name}"), blaming(offer.id, "load"):
            return self.shelf.get(offer)

    def make(
        self,
        request: Request,
        folder: Path,
        job: str = "job",
        watcher: Watcher | None = None,
        name: Callable[[str], str] = "{}.png".format,
    ) -> Result:
        """Make the pictures of `request` and save them into `folder`, with a grid if there are several.

        `name` gives the file's name for ``1``, ``2`` … and ``grid``.

        Raises `InvalidRequest`, `UnreadableImage`, `UnusableModel`, `StageFailed`, `OutOfMemory`, `DiskFull` and
        `Cancelled`.
        """
        run = Job(self.registry, self.device, self.dtype, job, watcher or Silent())
        with run.stage("resolve", ""):
            offer = model_for(request, self.registry)
            recipes = resolve(
                request, self.registry, self.library, self.limits, lambda offer: self.model(offer).digest, software()
            )
            model = self.model(offer)
        run.notices += advice(recipes[0], offer.definition.defaults.size, self.registry)
        batches = batched(recipes, self._most_in_batch(recipes[0]))
        run.meter.expect([batch[0] for batch in batches])
        painter = _Painter(self, run, model, offer.definition.defaults.size)
        canvas = painter.canvas(recipes[0])
        made = [finished for batch in batches for finished in painter.batch(batch, canvas)]
        with run.stage("save", ""):
            pictures, grid = self._saved(made, folder, name)
        notices = tuple(dict.fromkeys(run.notices))
        return Result(pictures=pictures, grid=grid, notices=notices, seconds=run.seconds, evaluations=run.evaluations)

    def _most_in_batch(self, recipe: Recipe) -> int:
        """A sampler that chooses its own steps does so for each picture, and would call the network for all of them."""
        samplers = recipe.sampler.id, *((recipe.hires.sampler,) if recipe.hires and recipe.hires.sampler else ())
        adaptive = any(self.registry.sampler(sampler).definition.adaptive for sampler in samplers)
        return 1 if adaptive else MOST_IN_BATCH

    def _saved(
        self, made: Sequence[tuple[Recipe, Image.Image]], folder: Path, name: Callable[[str], str]
    ) -> tuple[tuple[Picture, ...], str]:
        pictures = []
        for number, (recipe, image) in enumerate(made, 1):
            file = name(str(number))
            texts = {RECIPE_CHUNK: recipe.model_dump_json(), INFOTEXT_CHUNK: infotext(recipe, self.registry)}
            digest = write_picture(image, folder / file, texts)
            pictures.append(Picture(file=file, width=image.width, height=image.height, digest=digest, recipe=recipe))
        grid = pictures[0].file
        if len(made) > 1:
            grid = name("grid")
            write_picture(grid_of([image for _, image in made]), folder / grid, {})
        return tuple(pictures), grid


def batched(recipes: Sequence[Recipe], most: int = MOST_IN_BATCH) -> list[list[Recipe]]:
    """Neighbours that differ in their seeds alone, in batches of at most `most`."""
    batches: list[list[Recipe]] = []
    for recipe in recipes:
        if batches and len(batches[-1]) < most and recipe.same_but_seed(batches[-1][0]):
            batches[-1].append(recipe)
        else:
            batches.append([recipe])
    return batches


@dataclass(frozen=True)
class _Painter:
    """Draws and post-processes the batches of one job."""

    studio: Studio
    run: Job
    model: Model
    native: Size

    def canvas(self, recipe: Recipe) -> Canvas | None:
        """What the pictures start from; everything about them but their seeds is the same."""
        if recipe.image is None:
            return None
        upscaler = (recipe.start or PictureStart()).upscaler
        plugin = "" if upscaler in FILTERS else upscaler
        with self.run.stage("enlarge" if plugin else "resolve", plugin) as ctx:
            inputs = self.studio.library.inputs
            mask = inputs.open_mask("mask", recipe.mask) if recipe.mask else None
            enlarging = enlarging_by(upscaler, self.studio.registry, self._postprocess_run(recipe, ctx))
            return canvas_of(recipe, inputs.open("image", recipe.image), mask, enlarging)

    def batch(self, recipes: Sequence[Recipe], canvas: Canvas | None) -> Iterator[tuple[Recipe, Image.Image]]:
        """Pictures of recipes that differ in their seeds alone, each with the recipe that remakes it."""
        drawn = self._drawn(recipes[0], recipes, canvas)
        for own, image in zip(recipes, drawn.images, strict=True):
            yield self._finished(drawn.recipe.model_copy(update={"seed": own.seed}), image)

    def _drawn(self, recipe: Recipe, recipes: Sequence[Recipe], canvas: Canvas | None) -> Drawn:
        """The pictures, drawn without the optional stages that fail."""
        seeds = [each.seed for each in recipes]
        while True:
            try:
                return self._drawing(recipe, whole=_whole_of(canvas)).pictures(recipe, seeds, canvas)
            except StageFailed as error:
                recipe = self._without(recipe, error)

    def _thrift(self) -> Thrift:
        """What a drawing turns to when memory is short."""
        studio = self.studio
        ctx = CodecRun(studio.device, studio.dtype, log, Silent())
        return Thrift(
            studio.registry,
            usable=lambda offer: can_wrap(offer, self.model.codec, ctx),
            free=lambda: free_memory(studio.device),
            note=self.run.notices.append,
        )

    def _drawing(self, recipe: Recipe, within: RunContext | None = None, whole: Size | None = None) -> Drawing:
        """What draws a recipe: for the job itself, or within the stage of a post-processor."""
        studio, monitor = self.studio, Within(within) if within else self.run
        fitting = Fitting(
            self.model, studio.registry, studio.library, studio.loras, studio.prompts, self.run.notices.append
        )
        kit = Kit(
            model=fitting.embedded(recipe),
            native=self.native,
            registry=studio.registry,
            prompts=studio.prompts,
            device=studio.device,
            monitor=monitor,
            steer=fitting.hinted,
            adapt=fitting.adapted,
            upscaling=self._postprocess_run,
            mask=lambda picture: studio.library.inputs.open_mask("mask", picture),
            thrift=self._thrift(),
            whole=whole,
        )
        return Drawing(kit)

    def _postprocess_run(self, recipe: Recipe, ctx: RunContext) -> PostprocessRun:
        redrawer = Redrawer(self._drawing(recipe, ctx))
        return PostprocessRun(**vars(ctx), recipe=recipe, registry=self.studio.registry, redrawer=redrawer)

    def _finished(self, recipe: Recipe, image: Image.Image) -> tuple[Recipe, Image.Image]:
        kept = []
        for choice in recipe.postprocess:
            try:
                with self.run.stage("post-process", choice.id) as ctx:
                    offer = self.studio.registry.postprocessor(choice.id)
                    image = postprocess(offer, choice, image, self._postprocess_run(recipe, ctx))
                kept.append(choice)
            except StageFailed as error:
                if not choice.optional:
                    raise
                self.run.refused("post-process", choice, error)
        return recipe.model_copy(update={"postprocess": tuple(kept)}), image

    def _without(self, recipe: Recipe, error: StageFailed) -> Recipe:
        """The recipe less the optional stage that failed; a stage that was required fails the job."""
        for name, choices in (
            ("tiler", (recipe.tiler,)),
            ("inversion", (recipe.inversion,)),
            ("codec", (recipe.codec,)),
            ("denoisers", recipe.denoisers),
        ):
            for choice in choices:
                if choice is not None and choice.optional and choice.id == error.plugin:
                    self.run.refused(name, choice, error)
                    rest = tuple(other for other in recipe.denoisers if other != choice)
                    return recipe.model_copy(update={name: rest if name == "denoisers" else None})
        raise error


def _whole_of(canvas: Canvas | None) -> Size | None:
    """The size of the picture of which a canvas is a part, None if it is all of it."""
    if canvas is None or canvas.part is None or canvas.whole is None:
        return None
    return Size(canvas.whole.shape[-1], canvas.whole.shape[-2])
