"""Ultimate upscale: enlarges a picture, and draws it anew in tiles that a model can overlook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from limner_sdk import Image, PostprocessContext, PostprocessDef, Size, hookimpl

from .estimating import estimate
from .guiding import is_deaf
from .params import UltimateParams
from .passes import passes_of
from .sizing import measures

#: What takes no time is not kept for a second run.
_QUICK: Final = ("lanczos", "nearest")
_UPSCALED: Final = "upscaled"
_DEAF: Final = "the negative prompt of the tiles has no say at so low a denoise; set their cfg for that"


def ultimate_upscale(image: Image, ctx: PostprocessContext, params: UltimateParams) -> Image:
    """Enlarge to exactly the size asked for, draw tiles and seams, clean up. Raises `InvalidRequest`."""
    # The catalogue is made without torch.
    from limner_sdk import to_picture

    from .canvas import Canvas
    from .clean_up import cleaned
    from .turns import Turns

    measured = measures(Size(*image.size), ctx.native, params)
    passes = passes_of(measured, params)
    if any(is_deaf(params, turn, ctx.recipe.cfg) for turn in passes):
        ctx.note(_DEAF)
    enlarged = _enlarged(image, measured.target, ctx, params.upscaler)
    canvas = Canvas.around(enlarged, measured.canvas)
    drawn = Turns(ctx, params, passes).drawn(canvas)
    return to_picture(cleaned(drawn.shown(measured.target), canvas.shown(measured.target), params.clean_up))


def _enlarged(image: Image, size: Size, ctx: PostprocessContext, upscaler: str) -> Image:
    """The picture at exactly `size` pixels."""
    known = ctx.recall(_UPSCALED)
    if known is not None:
        return known
    enlarged = ctx.upscale(image, upscaler, size)
    if upscaler not in _QUICK:
        ctx.keep(_UPSCALED, enlarged)
    return enlarged


@hookimpl
def limner_postprocessors() -> Iterator[PostprocessDef[Any]]:
    yield PostprocessDef(
        "ultimate_upscale",
        "Larger, with details that the model draws anew in tiles.",
        UltimateParams,
        ultimate_upscale,
        estimate=estimate,
        button="Upscale 2x+",
        label="Ultimate upscale",
        aliases=("ultimate_sd_upscale", "usdu"),
    )
