"""The studio: leads a request through the stages and saves what comes out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pluggy
import torch
from PIL import Image

from limner_sdk import (
    Model,
    Recipe,
    Request,
    Stage,
    StageFailed,
    StageFinished,
    StageRefused,
    StageStarted,
)
from limner_sdk.events import Event
from limner_sdk.messages import Picture, Result

from .blame import blaming
from .device import memory_reported
from .metadata.writing import infotext
from .offers import ModelOffer
from .pictures import INFOTEXT_CHUNK, RECIPE_CHUNK, grid_of, write_png
from .progress import Meter
from .redraw import Redrawer
from .registry import Registry
from .run import CodecRun, NoiseRun, RunContext, SamplerRun, Silent, Watcher
from .shelf import Shelf
from .stages.decode import decode
from .stages.encode import encode
from .stages.noise import noise
from .stages.postprocess import PostprocessRun, postprocess
from .stages.resolve import model_for, resolve
from .stages.sample import evaluations, sample, schedule
from .versions import software

log = logging.getLogger(__name__)

MOST_IN_BATCH: Final = 4


@dataclass(frozen=True)
class Studio:
    """Everything that making pictures needs; jobs go through it one after another."""

    registry: Registry
    shelf: Shelf
    device: torch.device
    dtype: torch.dtype

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

        Raises `InvalidRequest`, `UnusableModel`, `StageFailed`, `OutOfMemory`, `DiskFull` and `Cancelled`.
        """
        run = _Run(self, job, watcher or Silent())
        with run.stage("resolve", ""):
            recipes = resolve(request, self.registry, lambda offer: self.model(offer).digest, software())
            model = self.model(model_for(request, self.registry))
        run.meter.expect(recipes, self.registry, MOST_IN_BATCH)
        made: list[tuple[Recipe, Image.Image]] = []
        with torch.inference_mode():
            for start in range(0, len(recipes), MOST_IN_BATCH):
                made.extend(run.batch(model, recipes[start : start + MOST_IN_BATCH]))
        with run.stage("save", ""):
            pictures, grid = self._saved(made, folder, name)
        return Result(pictures=pictures, grid=grid, notices=tuple(dict.fromkeys(run.notices)), seconds=run.seconds)

    def _saved(
        self, made: Sequence[tuple[Recipe, Image.Image]], folder: Path, name: Callable[[str], str]
    ) -> tuple[tuple[Picture, ...], str]:
        pictures = []
        for number, (recipe, image) in enumerate(made, 1):
            file = name(str(number))
            texts = {RECIPE_CHUNK: recipe.model_dump_json(), INFOTEXT_CHUNK: infotext(recipe, self.registry)}
            digest = write_png(image, folder / file, texts)
            pictures.append(Picture(file=file, width=image.width, height=image.height, digest=digest, recipe=recipe))
        grid = pictures[0].file
        if len(made) > 1:
            grid = name("grid")
            write_png(grid_of([image for _, image in made]), folder / grid, {})
        return tuple(pictures), grid


@dataclass
class _Run:
    """One job on its way: its clock, its notices, and the stages of one batch in their order."""

    studio: Studio
    job: str
    watcher: Watcher
    seconds: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.watcher)

    def batch(self, model: Model, recipes: Sequence[Recipe]) -> Iterator[tuple[Recipe, Image.Image]]:
        """Pictures of recipes that differ in their seeds alone, each with the recipe that remakes it."""
        recipe = recipes[0]
        while True:
            try:
                images = self._drawn(model, recipe, recipes)
                break
            except StageFailed as error:
                recipe = self._without(recipe, error)
        for own, image in zip(recipes, images, strict=True):
            final = recipe.model_copy(update={"seed": own.seed})
            yield self._finished(model, final, image)

    def _drawn(self, model: Model, recipe: Recipe, recipes: Sequence[Recipe]) -> list[Image.Image]:
        registry, seeds = self.studio.registry, [recipe.seed for recipe in recipes]
        with self.stage("encode", recipe.model.id):
            guidance = encode(model, recipe, len(recipes))
        with self.stage("noise", recipe.noise.id) as ctx:
            offer = registry.noise(recipe.noise.id)
            source = noise(offer, model.codec, recipe, seeds, NoiseRun(**vars(ctx)))
            start = source.draw()
        with self.stage("schedule", recipe.schedule.id):
            sigmas = schedule(registry.schedule(recipe.schedule.id), model, recipe)
        with self.stage("sample", recipe.sampler.id) as ctx:
            walk = SamplerRun(**vars(ctx), source=source, levels=model.levels)
            calls = evaluations(registry.sampler(recipe.sampler.id), recipe.steps)
            seen = self.meter.sampling(calls)
            latents = sample(model, registry, recipe, guidance, start * sigmas[0], sigmas, walk, seen)
        with self.stage("decode", recipe.codec.id if recipe.codec else "") as ctx:
            return decode(model, registry, recipe, latents, CodecRun(**vars(ctx) | {"report_to": self.meter.decoding}))

    def _finished(self, model: Model, recipe: Recipe, image: Image.Image) -> tuple[Recipe, Image.Image]:
        kept = []
        for choice in recipe.postprocess:
            try:
                with self.stage("post-process", choice.id) as ctx:
                    offer = self.studio.registry.postprocessor(choice.id)
                    redrawer = Redrawer(model, self.studio.registry, ctx)
                    run = PostprocessRun(**vars(ctx), recipe=recipe, registry=self.studio.registry, redrawer=redrawer)
                    image = postprocess(offer, choice, image, run)
                kept.append(choice)
            except StageFailed as error:
                if not choice.optional:
                    raise
                self._refused("post-process", choice, error)
        return recipe.model_copy(update={"postprocess": tuple(kept)}), image

    def _without(self, recipe: Recipe, error: StageFailed) -> Recipe:
        """The recipe less the optional stage that failed; a stage that was required fails the job."""
        for name, choices in (
            ("tiler", (recipe.tiler,)),
            ("codec", (recipe.codec,)),
            ("denoisers", recipe.denoisers),
        ):
            for choice in choices:
                if choice is not None and choice.optional and choice.id == error.plugin:
                    self._refused(name, choice, error)
                    rest = tuple(other for other in recipe.denoisers if other != choice)
                    return recipe.model_copy(update={name: rest if name == "denoisers" else None})
        raise error

    def _refused(self, stage: str, choice: Stage, error: StageFailed) -> None:
        log.warning("the optional %s was left out", choice.id, exc_info=error)
        self.notices.append(f"left out {choice.id}: {error.__cause__ or error}")
        self._tell(StageRefused(self.job, stage, choice.id, str(error)))

    @contextmanager
    def stage(self, name: str, definition: str) -> Iterator[RunContext]:
        """Time a stage, tell observers, blame its plugin; yields the context that the others are made of."""
        self.meter.enter(name)
        self._tell(StageStarted(self.job, name, definition))
        begun = time.perf_counter()
        with memory_reported(f"the stage {name}"), blaming(definition, name):
            yield self._context(definition)
        taken = time.perf_counter() - begun
        self.seconds[name] = self.seconds.get(name, 0.0) + taken
        self._tell(StageFinished(self.job, name, definition, taken))

    def _context(self, definition: str) -> RunContext:
        logger = logging.getLogger(f"limner.plugin.{definition or 'host'}")
        return RunContext(self.studio.device, self.studio.dtype, logger, self.watcher)

    def _tell(self, event: Event) -> None:
        tell_observers(self.studio.registry.plugins.manager, event)


def tell_observers(hooks: pluggy.PluginManager, event: Event) -> None:
    """Call each observer by itself: one that raises is logged, and changes nothing."""
    for implementation in hooks.hook.limner_observe.get_hookimpls():
        call: Callable[..., object] = implementation.function
        try:
            call(*([event] if implementation.argnames else []))
        except (Exception, SystemExit):
            log.exception("the observer of plugin %s failed", implementation.plugin_name)
