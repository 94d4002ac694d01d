"""A grid's plan: its cells in the order in which they are made, each a complete request, and what they will cost."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final, TypeAlias

from limner_host.registry import Registry
from limner_host.steps import evaluations_of
from limner_sdk import InvalidRequest, Request, Size
from limner_sdk.seeds import LARGEST_SEED, following

from .axes import NOTHING, Axis, checked
from .definitions import check_choices
from .own_fields import changed

MOST_CELLS: Final = 64
#: Nobody may allow more: a plan is held in memory and written down after every cell.
LARGEST_GRID: Final = 1000
MOST_MEGAPIXELS: Final = 200
_CLASHES: Final = ({"size", "width"}, {"size", "height"})

#: Column, row and sheet of a cell, each counted from 1.
Place: TypeAlias = tuple[int, int, int]
Axes: TypeAlias = tuple[Axis, Axis, Axis]


@dataclass(frozen=True)
class Cell:
    """One picture of a grid: column, row and sheet counted from 1, and what makes it."""

    x: int
    y: int
    z: int
    request: Request


@dataclass(frozen=True)
class Plan:
    """A whole grid. `axes` are always three, `NOTHING` where none is asked for; `cells` come in the order of making."""

    base: Request
    axes: Axes
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Estimate:
    """What a grid costs: network evaluations of all pictures, and megapixels of the whole sheet."""

    cells: int
    pictures: int
    evaluations: int
    megapixels: float


def plan(
    request: Request,
    axes: Sequence[Axis],
    registry: Registry,
    *,
    most: int = MOST_CELLS,
    vary_seeds: bool = False,
) -> Plan:
    """Every combination of the values of up to three filled axes, for x, y and z, put into `request`.

    All cells share one seed unless an axis or `vary_seeds` says otherwise; a request without one gets it here. Raises
    `InvalidRequest` for a value that any cell refuses, for axes that clash, and for more cells than `most`,
    which is 1000 at most.
    """
    x, y, z = (*axes, NOTHING, NOTHING, NOTHING)[:3]
    _check_axes((x, y, z), most)
    base = request if request.seed is not None else changed(request, seed=secrets.randbelow(LARGEST_SEED + 1))
    cells = tuple(_cell(base, (x, y, z), place, vary_seeds) for place in _places((x, y, z)))
    for cell in cells:
        check_choices(registry, cell.request)
    return Plan(base, (x, y, z), cells)


def _check_axes(axes: Axes, most: int) -> None:
    if not 1 <= most <= LARGEST_GRID:
        raise InvalidRequest(
            "most", most, f"is not within 1 to {LARGEST_GRID} cells; allow fewer, or make several grids"
        )
    names = [axis.name for axis in axes if axis is not NOTHING]
    if not names:
        raise InvalidRequest("grid", "", "has no axis; give at least one, such as steps=10, 20, 30")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest("grid", twice, "is on two axes; put something else on one of them")
    for clash in _CLASHES:
        if clash <= set(names):
            raise InvalidRequest("grid", " and ".join(sorted(clash)), "would undo one another; take one of them")
    cells = prod(len(axis.values) for axis in axes)
    if cells > most:
        more = ", or allow more cells" if cells <= LARGEST_GRID else ""
        raise InvalidRequest("grid", cells, f"cells are more than {most}; give fewer values{more}")


def _places(axes: Axes) -> Iterator[Place]:
    """All places, the dearest axis changing least often, and of equally dear ones x most often."""
    dearest_first = sorted(range(3), key=lambda k: (-axes[k].cost, -k))
    for numbers in product(*(range(1, len(axes[k].values) + 1) for k in dearest_first)):
        found = dict(zip(dearest_first, numbers, strict=True))
        yield found[0], found[1], found[2]


def _cell(base: Request, axes: Axes, place: Place, vary_seeds: bool) -> Cell:
    request = base
    for axis, number in sorted(zip(axes, place, strict=True), key=lambda pair: pair[0].rank):
        request = _put(axis, number, request, axes, place)
    if vary_seeds:
        columns, rows = len(axes[0].values), len(axes[1].values)
        offset = (place[0] - 1) + columns * ((place[1] - 1) + rows * (place[2] - 1))
        request = changed(request, seed=following(request.seed or 0, offset))
    return Cell(*place, request)


def _put(axis: Axis, number: int, request: Request, axes: Axes, place: Place) -> Request:
    """The request with one more value. What belongs to another axis's value is told together with that."""
    try:
        return checked(axis, request, axis.values[number - 1])
    except InvalidRequest as error:
        others = [
            f"{other.name} {other.shown(other.values[k - 1])}"
            for other, k in zip(axes, place, strict=True)
            if other is not NOTHING and other.rank < axis.rank
        ]
        if not others:
            raise
        raise InvalidRequest(error.field, error.value, f"{error.remedy} (at {', '.join(others)})") from None


def estimate(requests: Iterable[Request], registry: Registry) -> Estimate:
    """What these cells will cost. Raises `UnknownName` for a name that has gone since they were planned."""
    cells = list(requests)
    evaluations = sum(evaluations_of(request, registry) for request in cells)
    pixels = sum(prod(size_of(request, registry)) * (request.count or 1) for request in cells)
    return Estimate(len(cells), sum(request.count or 1 for request in cells), evaluations, pixels / 1e6)


def check_sheet(estimate: Estimate) -> None:
    """Raise `InvalidRequest` for a sheet that would be too large to look at."""
    if estimate.megapixels > MOST_MEGAPIXELS:
        remedy = f"megapixels are more than a sheet's {MOST_MEGAPIXELS}; make the pictures smaller, or make no sheet"
        raise InvalidRequest("grid", round(estimate.megapixels), remedy)


def size_of(request: Request, registry: Registry) -> Size:
    """The pixels of one finished picture, as far as that is known before it is made. Raises `UnknownName`."""
    model = registry.model(request.model) if request.model else registry.default_model
    native = model.definition.defaults.size
    size = Size(request.width or native.width, request.height or native.height)
    if request.hires is None:
        return size
    hires = request.hires
    width = hires.width or (size.width * hires.height / size.height if hires.height else size.width * hires.scale)
    height = hires.height or (size.height * hires.width / size.width if hires.width else size.height * hires.scale)
    return Size(round(width), round(height))
