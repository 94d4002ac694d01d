"""Planning: answers what a request, or a grid of it, would be and cost, while the worker draws something else."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from math import ceil, prod, sqrt

from limner_sdk import LimnerError, Size
from limner_sdk.messages import Plan, Planned

from .beforehand import Cost, Looking, cost_of
from .grids import plan as plans
from .grids.beginning import wished
from .grids.layout import Look
from .grids.offered import look_of, wish_of
from .grids.record import GridRecord
from .grids.sheet import size_of_sheets
from .studio import Studio

log = logging.getLogger(__name__)


def planned(message: Plan, studio: Studio) -> Planned:
    """What a plan comes to, or its problem. Safe in any thread: the studio's registry never changes."""
    try:
        return _of_grid(message, studio) if message.grid else _of_request(message, studio)
    except LimnerError as error:
        return Planned(number=message.number, problem=str(error))
    # A plugin may raise anything; that must not end the thread which the next plan needs.
    except Exception as error:
        log.exception("a plan came to grief")
        return Planned(number=message.number, problem=f"something went wrong inside ({type(error).__name__})")


def _of_request(message: Plan, studio: Studio) -> Planned:
    cost = cost_of(message.request, studio.registry, Looking.at(studio.library), studio.limits)
    return _told(message.number, [cost])


def _of_grid(message: Plan, studio: Studio) -> Planned:
    """Every cell is looked at, so that what no cell can work with is told at once."""
    assert message.grid is not None
    registry, library = studio.registry, Looking.at(studio.library)
    look = look_of(message.grid)
    record = wished(message.request, wish_of(message.grid, message.request, registry), registry)
    costs = [cost_of(cell.request, registry, library, studio.limits) for cell in record.cells]
    sheet = _sheet(record, costs, look)
    return _told(message.number, costs).model_copy(update={"sheet_width": sheet.width, "sheet_height": sheet.height})


def _sheet(record: GridRecord, costs: Sequence[Cost], look: Look) -> Size:
    """The pixels of the sheet. Raises `InvalidRequest` for one that is too large."""
    sizes = [_together(cost) for cost in costs]
    told = sum(cost.evaluations for cost in costs)
    area = sum(prod(size) for size in sizes) / 1e6
    plans.check_sheet(plans.Estimate(len(costs), sum(cost.pictures for cost in costs), told, area))
    pairs = zip(record.cells, sizes, strict=True)
    cells = tuple(cell.model_copy(update={"width": size.width, "height": size.height}) for cell, size in pairs)
    return size_of_sheets(record.model_copy(update={"cells": cells}), look)


def _together(cost: Cost) -> Size:
    """The pixels of one cell, which shows all its pictures, see `pictures.grid_of`."""
    columns = ceil(sqrt(cost.pictures))
    return Size(columns * cost.size.width, ceil(cost.pictures / columns) * cost.size.height)


def _told(number: int, costs: Sequence[Cost]) -> Planned:
    largest = max((cost.size for cost in costs), key=prod)
    return Planned(
        number=number,
        cells=len(costs),
        pictures=sum(cost.pictures for cost in costs),
        evaluations=sum(cost.evaluations for cost in costs),
        work=sum(cost.work for cost in costs),
        finishing=_different(cost.finishing for cost in costs),
        width=largest.width,
        height=largest.height,
        steps=max(_steps(cost) for cost in costs),
        models=_different((cost.recipe.model.id,) for cost in costs),
        prompts=_different(cost.prompts for cost in costs),
    )


def _steps(cost: Cost) -> int:
    hires = cost.recipe.hires
    return max(cost.recipe.steps, (hires.steps or 0) if hires else 0)


def _different(several: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in several for text in texts))
