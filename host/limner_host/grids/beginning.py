"""Begins a grid in a folder, or goes on with the same one if that was begun there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from limner_host.registry import Registry
from limner_sdk import Request

from .axes import NOTHING, Axis, filled
from .finding import axis_of, parted
from .own_fields import changed
from .plan import MOST_CELLS, plan
from .record import RECORD_FILE, GridRecord, read_record, record_of


@dataclass(frozen=True)
class Wish:
    """What somebody typed: for each axis ``NAME=VALUES`` or None, and how many cells there may be."""

    x: str | None = None
    y: str | None = None
    z: str | None = None
    most: int = MOST_CELLS
    vary_seeds: bool = False


def begun(request: Request, wish: Wish, registry: Registry, folder: Path) -> GridRecord | None:
    """The record of the wished grid in `folder`: the one that lies there, or a fresh one; None if another lies there.

    Raises `InvalidRequest` for anything wrong with the wish.
    """
    if not (folder / RECORD_FILE).is_file():
        return wished(request, wish, registry)
    before = read_record(folder)
    # Without a seed, the same wish means the grid that was begun with the seed drawn then.
    same_seed = changed(request, seed=before.base.seed) if request.seed is None else request
    return before if before.same_grid(wished(same_seed, wish, registry, before)) else None


def wished(request: Request, wish: Wish, registry: Registry, before: GridRecord | None = None) -> GridRecord:
    """The record of a grid of which nothing is made yet; fresh seeds are those of the one before. Raises
    `InvalidRequest`.
    """
    drawn = [axis.values for axis in before.axes] if before else [()] * 3
    sides = zip((wish.x, wish.y, wish.z), drawn, strict=True)
    axes = [_axis(side, registry, request, seeds) for side, seeds in sides]
    return record_of(plan(request, axes, registry, most=wish.most, vary_seeds=wish.vary_seeds), registry)


def _axis(side: str | None, registry: Registry, base: Request, drawn: Sequence[str]) -> Axis:
    if side is None:
        return NOTHING
    name, values = parted(side)
    return filled(axis_of(name, registry, base), values, base, drawn)
