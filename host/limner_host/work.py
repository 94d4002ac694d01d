"""Work: what drawing and finishing a recipe will cost, in the megapixels of `limner_sdk.work`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import torch

from limner_sdk import Estimate, InvalidRequest, Recipe, Size, Stage, StageFailed
from limner_sdk.steps import second_pass_start, steps_of
from limner_sdk.work import CELL, MEGAPIXEL, megapixels

from .registry import Registry
from .run import Silent, TilerRun
from .steps import calls_of, inversion_calls
from .tile_layout import planned

log = logging.getLogger(__name__)

#: Decoding a picture takes as long as so many evaluations of its last pass.
DECODING: Final = 2


@dataclass(frozen=True)
class Pass:
    """One pass of one picture: how often the network is called, and the work of one call over all tiles."""

    calls: int
    each: float

    @property
    def work(self) -> float:
        """That of all calls."""
        return self.calls * self.each


@dataclass(frozen=True)
class FinishingWork:
    """What one post-processor draws of all pictures: evaluations of the network, and their work together."""

    definition: str
    evaluations: int
    work: float


def passes_of(recipe: Recipe, registry: Registry, native: Size) -> Iterator[Pass]:
    """The passes of one picture, the second one at its own size. Raises `UnknownName`."""
    if recipe.finished is not None:
        return
    inverted = inversion_calls(recipe, registry)
    calls = calls_of(registry, recipe.sampler.id, steps_of(recipe.steps, recipe.start if recipe.image else None).run)
    yield Pass(calls + (inverted if recipe.image else 0), call_work(recipe, recipe.size, registry, native))
    if recipe.hires is not None:
        steps = steps_of(recipe.hires.steps or recipe.steps, second_pass_start(recipe.hires)).run
        calls = calls_of(registry, recipe.hires.sampler or recipe.sampler.id, steps)
        yield Pass(calls + inverted, call_work(recipe, recipe.last_size, registry, native))


def drawing_time(batches: Sequence[Sequence[Recipe]], registry: Registry, native: Size) -> float:
    """How long drawing some batches of pictures takes, as the work that would take as long; decoding counts here."""
    total = 0.0
    for batch in batches:
        passes = list(passes_of(batch[0], registry, native))
        decoding = sum(DECODING * last.each for last in passes[-1:])
        total += len(batch) * (sum(one.work for one in passes) + decoding)
    return total


def finishing_work(told: Iterable[tuple[Stage, Estimate]], pictures: int, native: Size) -> list[FinishingWork]:
    """The work of each post-processor for so many pictures; calls of which it says no more see the model's own size."""
    return [
        FinishingWork(
            stage.id,
            pictures * estimate.evaluations,
            pictures * estimate.evaluations * (estimate.pixels or prod(native)) / MEGAPIXEL,
        )
        for stage, estimate in told
    ]


def call_work(recipe: Recipe, size: Size, registry: Registry, native: Size) -> float:
    """The work of one call for one picture of `size` pixels, over all tiles that the recipe's tiler cuts it into."""
    if recipe.tiler is None:
        return megapixels(size)
    offer, canvas = registry.tiler(recipe.tiler.id), _cells(size)
    run = TilerRun(
        device=torch.device("cpu"),
        dtype=torch.float32,
        log=log,
        watcher=Silent(),
        native=_cells(native),
        canvas=canvas,
        largest=_cells(recipe.last_size),
    )
    try:
        tiling = planned(offer, canvas, 0, run, offer.params_of(recipe.tiler))
    except (StageFailed, InvalidRequest) as error:
        # Drawing will tell, or leave it out.
        log.info("the work of the tiler %s is unknown: %s", offer.id, error)
        return megapixels(size)
    covered = sum(tile.box.width * tile.box.height for tile in tiling.tiles)
    return megapixels(size) * covered / prod(canvas)


def _cells(size: Size) -> Size:
    return Size(*(-(-side // CELL) for side in size))
