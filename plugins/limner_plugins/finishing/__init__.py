"""Finishing touches: larger pictures, and colours as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import PostprocessDef, hookimpl

from . import colours, larger


@hookimpl
def limner_postprocessors() -> Iterator[PostprocessDef[Any]]:
    yield PostprocessDef(
        "upscale",
        "Enlarge without drawing anything anew.",
        larger.UpscaleParams,
        larger.upscale,
        estimate=larger.estimate,
        button="Upscale 4x",
        label="Upscale",
        aliases=("extras",),
    )
    yield PostprocessDef(
        "colour_fix",
        "Give the picture the colours of another one.",
        colours.ColourFixParams,
        colours.colour_fix,
        estimate=colours.estimate,
        pictures=(colours.REFERENCE,),
        label="Colour fix",
        aliases=("color_fix",),
    )
