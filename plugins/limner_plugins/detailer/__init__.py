"""The detailer: finds things such as faces in a finished picture, and draws each anew at a size that suits the model.

After ADetailer, whose parameters it has, with their meanings and most defaults; docs/detailing.md tells the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import (
    Estimate,
    EstimateContext,
    Image,
    PostprocessContext,
    PostprocessDef,
    Redrawing,
    Size,
    hookimpl,
)

from .params import DetailerParams


def detail(image: Image, ctx: PostprocessContext, params: DetailerParams) -> Image:
    """The picture with what was found in it drawn anew."""
    # The catalogue is made without torch.
    from .detailing import detailed

    return detailed(image, ctx, params)


def estimate(size: Size, ctx: EstimateContext, params: DetailerParams) -> Estimate:
    """What one thing costs; how many there are is not known before. Raises `UnknownName`."""
    ctx.require("detector", params.detector)
    ctx.require("upscaler", params.upscaler)
    Redrawing.by(params, params.denoise).require(ctx)
    calls = ctx.calls(params.denoise, params.steps, params.sampler)
    return Estimate(size, calls, "for each thing found")


@hookimpl
def limner_postprocessors() -> Iterator[PostprocessDef[Any]]:
    yield PostprocessDef(
        "detailer",
        "Finds faces or other things, and draws each anew in more detail.",
        DetailerParams,
        detail,
        estimate=estimate,
        button="Detail faces",
        label="Detailer",
        aliases=("adetailer", "face_detailer"),
    )
