"""What a grid that somebody orders from afar may vary, and what its wish means here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from limner_host.registry import Registry
from limner_sdk import InvalidRequest, Request
from limner_sdk.catalogue import AxisEntry
from limner_sdk.messages import GridWish

from .axes import Axis
from .beginning import Wish
from .finding import all_axes, axis_of, parted
from .layout import Look

#: Axes whose values are files of this machine: only whoever sits at it may name those.
FILES: Final = ("finished", "image", "mask")


def axis_entries(registry: Registry) -> tuple[AxisEntry, ...]:
    """All axes that can be ordered, as the catalogue shows them."""
    if not registry.models:
        return ()
    names = [model.name for model in registry.models]
    base = Request(prompt="any", model=names[0])
    return tuple(_entry(axis) for axis in all_axes(registry, base).values() if axis.name not in FILES)


def _entry(axis: Axis) -> AxisEntry:
    least, most = axis.bounds
    return AxisEntry(
        name=axis.name,
        label=axis.label,
        form=axis.form,
        values=axis.choices,
        least=least,
        most=most,
        optional=axis.optional,
    )


def wish_of(grid: GridWish, request: Request, registry: Registry) -> Wish:
    """The wish for a grid of `request`. Raises `InvalidRequest` for an axis that is unknown or names files."""
    for side in _sides(grid):
        axis = axis_of(parted(side)[0], registry, request)
        if axis.name in FILES:
            raise InvalidRequest("grid", axis.name, "names files of the host; vary something else")
    x, y, z = (side if side and side.strip() else None for side in (grid.x, grid.y, grid.z))
    return Wish(x, y, z, grid.most, grid.vary_seeds)


def _sides(grid: GridWish) -> Iterator[str]:
    return (side for side in (grid.x, grid.y, grid.z) if side and side.strip())


def look_of(grid: GridWish) -> Look:
    """How its sheet looks. Raises `InvalidRequest`."""
    return Look(grid.legend, grid.margin, grid.font_size)
