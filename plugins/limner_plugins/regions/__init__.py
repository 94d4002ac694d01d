"""Regions: parts of one picture, rectangles or masks, each with a prompt, a place and a seed of its own.

`language` tells how they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from limner_sdk import DenoiserContext, DenoiserDef, Predict, SeededArea, hookimpl

from .params import RegionParams


def regions(predict: Predict, ctx: DenoiserContext, params: RegionParams) -> Predict:
    """Predictions of each region at its own box, mixed in every cell (MultiDiffusion, arXiv:2302.08113, section 4)."""
    # The catalogue is made without torch.
    from .predicting import with_regions

    return with_regions(predict, ctx, params)


def areas(ctx: DenoiserContext, params: RegionParams) -> Sequence[SeededArea]:
    """The regions that have a seed of their own."""
    from .predicting import seeded

    return seeded(ctx, params)


@hookimpl
def limner_denoisers() -> Iterator[DenoiserDef[Any]]:
    yield DenoiserDef(
        "regions",
        "Parts of the picture with prompts and seeds of their own.",
        RegionParams,
        regions,
        areas=areas,
        label="Regions",
        aliases=("region", "regional"),
    )
