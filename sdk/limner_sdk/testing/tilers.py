"""The contract of tilers."""

from __future__ import annotations

from typing import Any, Final

from limner_sdk.definitions import TilerDef
from limner_sdk.params import Params
from limner_sdk.records import Tile, Tiling
from limner_sdk.types import Size, Tensor

from .demands import demand, globals_untouched
from .fakes import FakeContext

#: Canvases in latent cells: the native size of the fake context, smaller and larger ones, odd ones, long ones.
_CANVASES: Final = (Size(16, 16), Size(9, 7), Size(64, 33), Size(17, 16), Size(128, 16), Size(8, 61))


def check_tiler(definition: TilerDef[Any], params: Params | None = None) -> None:
    """Plans tiles on the canvas that cover it with positive weight, at all sizes and steps; the same plan twice.

    `params` are the definition's defaults if they are not given; they must suit canvases from 7 cells to 128.
    """
    chosen = params if params is not None else definition.params()
    for size in _CANVASES:
        for step in (0, 1, 7):
            label = f"tiler {definition.name} at {size} cells, step {step}"
            with globals_untouched(definition.name):
                tiling = _plan(definition, size, step, chosen)
            demand(isinstance(tiling, Tiling), f"{label} gives a {type(tiling).__name__} instead of a Tiling")
            problem = tiling.problem(size)
            demand(problem is None, f"{label}: {problem}")
            _check_again(label, tiling, _plan(definition, size, step, chosen))


def _plan(definition: TilerDef[Any], size: Size, step: int, params: Params) -> Tiling:
    ctx = FakeContext()
    ctx.canvas = size
    return definition.plan(size, step, ctx, params)


def _weight(tile: Tile) -> Tensor:
    """A tile's weight as (height, width)."""
    import torch

    weight = torch.as_tensor(tile.weight, dtype=torch.float64)
    return weight.expand(tile.box.height, tile.box.width)


def _check_again(label: str, tiling: Tiling, again: Tiling) -> None:
    import torch

    same = [tile.box for tile in tiling.tiles] == [tile.box for tile in again.tiles]
    pairs = zip(tiling.tiles, again.tiles, strict=False)
    same = same and all(torch.equal(_weight(one), _weight(other)) for one, other in pairs)
    demand(same, f"{label} differs when it is planned again")
