"""Finishing touches: larger pictures, and colours as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import PostprocessDef, hookimpl

from .colours import ColourFixParams, colour_fix
from .larger import UpscaleParams, estimate, upscale


@hookimpl
def limner_postprocessors() -> Iterator[PostprocessDef[Any]]:
    yield PostprocessDef(
        "upscale",
        "Enlarge without drawing anything anew.",
        UpscaleParams,
        upscale,
        estimate=estimate,
        button="Upscale 4x",
        label="Upscale",
        aliases=("extras",),
    )
    yield PostprocessDef(
        "colour_fix",
        "Give the picture the colours of another one.",
        ColourFixParams,
        colour_fix,
        label="Colour fix",
        aliases=("color_fix",),
    )
