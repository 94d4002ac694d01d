"""Tilers: pictures far larger than the model is used to, drawn tile by tile without a seam.

All tiles are predicted at each step and their predictions fused, so that every sampler works, and noise keeps its
spread. They differ in what say a tile has where it overlaps others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import Size, TilerContext, TilerDef, Tiling, hookimpl

from .grid import Cut, cut_of, tiling
from .params import MixtureParams, RingParams
from .windows import Gaussian, Window, raised_cosine, uniform


def multidiffusion(size: Size, step: int, ctx: TilerContext, params: RingParams) -> Tiling:
    """All tiles count the same, arXiv:2302.08113."""
    return _steady(size, ctx, params, uniform)


def mixture(size: Size, step: int, ctx: TilerContext, params: MixtureParams) -> Tiling:
    """Tiles count most in their middle, arXiv:2302.02412."""
    return _steady(size, ctx, params, Gaussian(params.variance))


def cosine(size: Size, step: int, ctx: TilerContext, params: RingParams) -> Tiling:
    """Tiles fade into each other across their whole overlap, and count alone elsewhere."""
    return _steady(size, ctx, params, raised_cosine)


def jittered(size: Size, step: int, ctx: TilerContext, params: RingParams) -> Tiling:
    """The grid lies elsewhere at each step, so that no border stays long enough to be seen."""
    return tiling(size, _cut(size, ctx, params)._replace(step=step), raised_cosine)


def _steady(size: Size, ctx: TilerContext, params: RingParams, window: Window) -> Tiling:
    """The same tiles at every step."""
    return tiling(size, _cut(size, ctx, params), window)


def _cut(size: Size, ctx: TilerContext, params: RingParams) -> Cut:
    """How to cut a latent. A part of a picture, a region or what lies under a mask, goes round nowhere."""
    ring = params.wrap and not ctx.is_part and size.width == ctx.canvas.width
    return cut_of(size, ctx, params)._replace(ring=ring)


@hookimpl
def limner_tilers() -> Iterator[TilerDef[Any]]:
    yield TilerDef(
        "multidiffusion",
        "Larger than the model is used to: overlapping tiles, all counting the same.",
        RingParams,
        multidiffusion,
        label="MultiDiffusion",
        aliases=("multi_diffusion",),
    )
    yield TilerDef(
        "mixture",
        "Tiles that count most in their middle, by a Gaussian.",
        MixtureParams,
        mixture,
        label="Mixture of Diffusers",
        aliases=("mixture_of_diffusers",),
    )
    yield TilerDef(
        "cosine",
        "Tiles that fade into each other across their whole overlap.",
        RingParams,
        cosine,
        label="Cosine tiles",
        aliases=("raised_cosine",),
    )
    yield TilerDef(
        "jittered",
        "Fading tiles whose grid lies elsewhere at each step.",
        RingParams,
        jittered,
        label="Jittered tiles",
        aliases=("jitter",),
    )
