"""The studio: leads a request through the stages and saves what comes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image

from limner_sdk import Catalogue, Estimate, Model, PictureStart, Recipe, Request, Size, Stage, StageFailed
from limner_sdk.messages import Picture, Result

from .adapters.applying import LoraApplier
from .advice import advice
from .batching import batched, most_in_batch
from .blame import blaming
from .canvas import Canvas, canvas_of
from .device import free_memory, memory_reported
from .drawing import Drawing, Drawn
from .enlarging import FILTERS, enlarging_by
from .estimating import estimates
from .finishing import Finisher, WholeHints
from .fitting import Fitting
from .grids.offered import axis_entries
from .guarding import Guard, guarded
from .job import Job
from .kit import Kit, Monitor
from .library import Library
from .limits import Limits
from .memory_policy import Thrift
from .metadata.writing import infotext
from .offers import ModelOffer
from .pictures import INFOTEXT_CHUNK, RECIPE_CHUNK, write_picture
from .prompt_cache import PromptCache
from .registry import Registry
from .run import CodecRun, RunContext, Silent, Watcher
from .shelf import Shelf
from .stages.decode import can_wrap
from .stages.resolve import model_for, resolve
from .versions import software
from .within import Within
from .work import drawing_time, finishing_work

log = logging.getLogger(__name__)


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
    guard: Guard | None = None

    def catalogue(self) -> Catalogue:
        """Everything that can be chosen here, with the files that prompts and requests name."""
        return self.registry.catalogue().model_copy(
            update={
                "files": self.library.entries(),
                "axes": axis_entries(self.registry),
                "guard": self.guard.offer.id if self.guard else "",
                "largest_pixels": self.limits.pixels,
            }
        )

    def model(self, offer: ModelOffer) -> Model:
        """The model, loaded if need be. Raises `UnusableModel`, `StageFailed` or `OutOfMemory`."""
        if not self.shelf.holds(offer):
            # It would keep the other model's networks.
            self.library.vaes.forget()
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
            recipes = self._resolved(request, run.notices.append, run.loading)
            offer = self._offer_of(request, recipes[0])
            native = native_of(offer)
            told = estimates(recipes[0], last_size(recipes[0]), native, self.registry, self.library, self.limits)
        painter = _Painter(self, run, offer)
        batches = painter.batches(recipes)
        run.meter.expect(drawing_time(batches, self.registry, native), finishing_work(told, len(recipes), native))
        made, sheet = painter.finished(painter.drawn(batches))
        run.meter.complete()
        with run.stage("save", ""):
            pictures, grid = self._saved(made, sheet, folder, name)
        notices = tuple(dict.fromkeys(run.notices))
        return Result(
            pictures=pictures,
            grid=grid,
            notices=notices,
            seconds=run.seconds,
            evaluations=run.evaluations,
            work=run.work,
        )

    def estimate(self, request: Request) -> tuple[tuple[Stage, Estimate], ...]:
        """What each post-processor of a request will make of one picture. Raises as `make` does, and draws nothing."""
        recipe = self._resolved(request)[0]
        native = native_of(self._offer_of(request, recipe))
        return tuple(estimates(recipe, last_size(recipe), native, self.registry, self.library, self.limits))

    def _offer_of(self, request: Request, recipe: Recipe) -> ModelOffer:
        """The recipe's model, which may be that of the finished picture's own recipe."""
        offer = model_for(request, self.registry)
        return offer if offer.id == recipe.model.id else self.registry.model(recipe.model.id)

    def _resolved(
        self,
        request: Request,
        note: Callable[[str], None] = log.info,
        loading: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> tuple[Recipe, ...]:
        digest_of = self._digest_of(request, loading)
        return resolve(request, self.registry, self.library, self.limits, digest_of, software(), note)

    def _digest_of(
        self, request: Request, loading: Callable[[], AbstractContextManager[None]]
    ) -> Callable[[ModelOffer], str]:
        """What gives a model's digest; a finished picture may need no model, which is then not loaded."""

        def loaded(offer: ModelOffer) -> str:
            with nullcontext() if self.shelf.holds(offer) else loading():
                return self.model(offer).digest

        return self.shelf.digest_of if request.finished else loaded

    def with_digest(self, recipe: Recipe, offer: ModelOffer) -> Recipe:
        """The recipe with the digest of a model that was loaded late, as a post-processor asked for it."""
        if recipe.model.digest or recipe.model.id != offer.id:
            return recipe
        reference = recipe.model.model_copy(update={"digest": self.shelf.digest_of(offer)})
        return recipe.model_copy(update={"model": reference})

    def _saved(
        self,
        made: Sequence[tuple[Recipe, Image.Image]],
        sheet: Image.Image | None,
        folder: Path,
        name: Callable[[str], str],
    ) -> tuple[tuple[Picture, ...], str]:
        pictures = []
        for number, (recipe, image) in enumerate(made, 1):
            file = name(str(number))
            texts = {RECIPE_CHUNK: recipe.model_dump_json(), INFOTEXT_CHUNK: infotext(recipe, self.registry)}
            digest = write_picture(image, folder / file, texts)
            pictures.append(Picture(file=file, width=image.width, height=image.height, digest=digest, recipe=recipe))
        grid = pictures[0].file
        if sheet is not None:
            grid = name("grid")
            write_picture(sheet, folder / grid, {})
        return tuple(pictures), grid


def native_of(offer: ModelOffer) -> Size:
    """The size in pixels that a model likes best."""
    return offer.definition.defaults.size


def last_size(recipe: Recipe) -> Size:
    """The size in pixels of the picture that post-processors get."""
    return recipe.size if recipe.finished else recipe.last_size


@dataclass(frozen=True)
class _Painter:
    """Draws and finishes the pictures of one job; `offer` is its model."""

    studio: Studio
    run: Job
    offer: ModelOffer

    def batches(self, recipes: Sequence[Recipe]) -> list[list[Recipe]]:
        """The recipes, those together that are drawn together."""
        if recipes[0].finished is None:
            self.run.notices += advice(recipes[0], native_of(self.offer), self.studio.registry)
        return batched(recipes, most_in_batch(recipes[0], self.studio.registry))

    def drawn(self, batches: Sequence[Sequence[Recipe]]) -> list[tuple[Recipe, Image.Image]]:
        """Every picture, each with the recipe that remakes it."""
        first = batches[0][0]
        if first.finished is not None:
            image = self.studio.library.inputs.open("finished", first.finished.image)
            return [(recipe, image) for batch in batches for recipe in batch]
        canvas = self._canvas(first)
        return [made for batch in batches for made in self._batch(batch, canvas)]

    def finished(
        self, pictures: Sequence[tuple[Recipe, Image.Image]]
    ) -> tuple[list[tuple[Recipe, Image.Image]], Image.Image | None]:
        """What the post-processors make of them, as far as the guard lets them be shown, and the grid of several."""
        studio = self.studio
        finisher = Finisher(
            self.run, studio.registry, studio.library, native_of(self.offer), self._drawing_within, studio.limits
        )
        made = [(studio.with_digest(recipe, self.offer), image) for recipe, image in finisher.finished(pictures)]
        return guarded(studio.guard, made, finisher)

    def _canvas(self, recipe: Recipe) -> Canvas | None:
        """What the pictures start from; everything about them but their seeds is the same."""
        if recipe.image is None:
            return None
        upscaler = (recipe.start or PictureStart()).upscaler
        plugin = "" if upscaler in FILTERS else upscaler
        with self.run.stage("enlarge" if plugin else "resolve", plugin) as ctx:
            inputs = self.studio.library.inputs
            mask = inputs.open_mask("mask", recipe.mask) if recipe.mask else None
            enlarging = enlarging_by(upscaler, self.studio.registry, ctx)
            return canvas_of(recipe, inputs.open("image", recipe.image), mask, enlarging)

    def _batch(self, recipes: Sequence[Recipe], canvas: Canvas | None) -> Iterator[tuple[Recipe, Image.Image]]:
        """Pictures of recipes that differ in their seeds alone, each with the recipe that remakes it."""
        drawn = self._drawn(recipes[0], recipes, canvas)
        for own, image in zip(recipes, drawn.images, strict=True):
            yield drawn.recipe.model_copy(update={"seed": own.seed}), image

    def _drawn(self, recipe: Recipe, recipes: Sequence[Recipe], canvas: Canvas | None) -> Drawn:
        """The pictures, drawn without the optional stages that fail."""
        seeds = [each.seed for each in recipes]
        while True:
            try:
                return self._drawing(recipe, self.run, whole=_whole_of(canvas)).pictures(recipe, seeds, canvas)
            except StageFailed as error:
                recipe = self._without(recipe, error)

    def _thrift(self, model: Model) -> Thrift:
        """What a drawing turns to when memory is short."""
        studio = self.studio
        ctx = CodecRun(studio.device, studio.dtype, log, Silent())
        return Thrift(
            studio.registry,
            usable=lambda offer: can_wrap(offer, model.codec, ctx),
            free=lambda: free_memory(studio.device),
            note=self.run.notices.append,
        )

    def _model_of(self, recipe: Recipe) -> tuple[Model, ModelOffer]:
        """The recipe's model with the autoencoder that it names; only one model is loaded at a time."""
        studio = self.studio
        same = recipe.model.id == self.offer.id
        offer = self.offer if same else studio.registry.model(recipe.model.id)
        model = studio.model(offer)
        return (studio.library.vaes.fitted(model, recipe.vae) if recipe.vae else model), offer

    def _drawing_within(self, recipe: Recipe, ctx: RunContext, hints: WholeHints) -> Drawing:
        """What draws a recipe within the stage of a post-processor."""
        return self._drawing(recipe, Within(ctx, self.run), hints)

    def _drawing(
        self, recipe: Recipe, monitor: Monitor, hints: WholeHints | None = None, whole: Size | None = None
    ) -> Drawing:
        """What draws a recipe."""
        studio, (model, offer) = self.studio, self._model_of(recipe)
        fitting = Fitting(
            model,
            studio.registry,
            studio.library,
            studio.loras,
            studio.prompts,
            self.run.notices.append,
            {} if hints is None else hints,
        )
        kit = Kit(
            model=fitting.embedded(recipe),
            native=native_of(offer),
            registry=studio.registry,
            prompts=studio.prompts,
            device=studio.device,
            monitor=monitor,
            steer=fitting.hinted,
            adapt=fitting.adapted,
            mask=lambda picture: studio.library.inputs.open_mask("mask", picture),
            thrift=self._thrift(model),
            whole=whole,
        )
        return Drawing(kit)

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
