"""What Ultimate upscale will do, said beforehand."""

from __future__ import annotations

from limner_sdk import Estimate, EstimateContext, Redrawing, Size

from .params import UltimateParams
from .passes import Pass, passes_of, size_of
from .prompts import prompts_of
from .sizing import measures


def estimate(size: Size, ctx: EstimateContext, params: UltimateParams) -> Estimate:
    """The new size, every call of the network, and the tiles. Raises `InvalidRequest`, or `UnknownName`."""
    ctx.require("upscaler", params.upscaler)
    Redrawing.by(params, params.denoise).require(ctx)
    measured = measures(size, ctx.native, params)
    passes = passes_of(measured, params)
    prompts_of(params, "", "", max((patch.tile + 1 for turn in passes for patch in turn.patches), default=0))
    each = [ctx.calls(turn.strength, params.steps, params.sampler) for turn in passes]
    calls = sum(len(turn.patches) * count for turn, count in zip(passes, each, strict=True))
    pixels = sum(_area(turn) * count for turn, count in zip(passes, each, strict=True))
    return Estimate(measured.target, calls, _said(passes, params), round(pixels / calls) if calls else 0)


def _area(turn: Pass) -> int:
    """The pixels of all that one pass draws anew."""
    return sum(patch.box.width * patch.box.height for patch in turn.patches)


def _said(passes: list[Pass], params: UltimateParams) -> str:
    at_most = "at most " if params.skip_flat and passes else ""
    tiles = [f"{_tiles(turn)} of {size_of(turn)}" for turn in passes if turn.name == "tiles"]
    seams = [turn for turn in passes if turn.name != "tiles"]
    if seams:
        tiles.append(f"{sum(len(turn.patches) for turn in seams)} over their seams")
    return at_most + " and ".join(tiles) if tiles else "nothing drawn anew"


def _tiles(turn: Pass) -> str:
    return f"{len(turn.patches)} tile{'s' if len(turn.patches) > 1 else ''}"
