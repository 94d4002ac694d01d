"""Checks a grid before anything is drawn: what no cell can work with is told at once, instead of cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from limner_sdk import Request

from .record import CellRecord

if TYPE_CHECKING:
    from limner_host.studio import Studio

#: Grids with more cells are checked by those cells that together have every value of every axis.
MOST_CHECKED: Final = 64
#: Nobody reads the weights' digest here, and to find it may take a while.
_NO_DIGEST: Final = "0" * 64


def check_cells(cells: Sequence[CellRecord], studio: Studio) -> None:
    """Resolve the cells as making them will, without drawing. Raises the `LimnerError` of the first that cannot be."""
    for cell in _typical(cells):
        _check(cell.request, studio)


def _check(request: Request, studio: Studio) -> None:
    """Resolve one request, and ask its post-processors whether they can do what they are to do."""
    from limner_host.estimating import estimates
    from limner_host.stages.resolve import model_for, resolve
    from limner_host.studio import last_size, native_of

    registry, library, limits = studio.registry, studio.library, studio.limits
    recipe, *_ = resolve(request, registry, library, limits, digest_of=lambda offer: _NO_DIGEST, software={})
    estimates(recipe, last_size(recipe), native_of(model_for(request, registry)), registry, library, limits)


def _typical(cells: Sequence[CellRecord]) -> Iterator[CellRecord]:
    """All cells if they are few, or else the first with each value of each axis."""
    seen: set[tuple[int, int]] = set()
    for cell in cells:
        values = set(enumerate(cell.place))
        if len(cells) <= MOST_CHECKED or not values <= seen:
            yield cell
        seen |= values
