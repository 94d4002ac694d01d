"""One unit of the detailer: find, mask, crop, draw, blend."""

from __future__ import annotations

from collections.abc import Sequence

from limner_sdk import Image, PostprocessContext, Size

from .blending import composed, patch_of
from .crops import crop_for
from .drawing import Job, drawn, seed_of, strength_of
from .finding import Thing, things_in
from .masks import Mask, masks_of, touching
from .params import DetailerParams
from .prompts import prompt_of, skips


def detailed(image: Image, ctx: PostprocessContext, params: DetailerParams) -> Image:
    """The picture with everything that was found drawn anew, each thing from the picture as it is given.

    So what becomes of a thing does not depend on the others. Pixels outside of all masks stay as they are.
    """
    ctx.report(0.0, "looking")
    masks = _masks(image, things_in(image, ctx, params), ctx, params)
    jobs = _jobs(image, masks, ctx, params)
    pieces = drawn(image, jobs, ctx, params)
    patches = [
        patch_of(image, job.crop.box, piece, job.mask, match_colours=params.match_colours)
        for job, piece in zip(jobs, pieces, strict=True)
    ]
    return composed(image, patches)


def _masks(image: Image, things: Sequence[Thing], ctx: PostprocessContext, params: DetailerParams) -> list[Mask]:
    masks = masks_of(things, Size(*image.size), ctx.native, params)
    if things and not masks:
        ctx.note("nothing is left of the masks, so nothing was drawn anew; look at dilate_erode, offsets and merge")
    if masks and "mask" in ctx.pictures:
        masks = touching(masks, ctx.picture("mask").convert("L").resize(image.size))
        if not masks:
            ctx.note(f"nothing that {params.detector} found lies in the mask, so nothing was drawn anew")
    return masks


def _jobs(image: Image, masks: Sequence[Mask], ctx: PostprocessContext, params: DetailerParams) -> list[Job]:
    canvas, jobs, large = Size(*image.size), [], 0
    for index, mask in enumerate(masks):
        prompt = prompt_of(params.prompt, index, ctx.recipe.prompt)
        negative = prompt_of(params.negative, index, ctx.recipe.negative)
        strength = strength_of(mask.share, params)
        large += strength == 0 < params.denoise
        if strength == 0 or skips(params.prompt, index) or skips(params.negative, index):
            continue
        crop, seed = crop_for(mask.box, canvas, ctx.native, params), seed_of(ctx.seed, ctx.number, mask.place)
        jobs.append(Job(mask, crop, prompt, negative, seed, strength))
    if large:
        count = f"{large} of the {len(masks)} found"
        ctx.note(f"too large to be drawn anew: {count}; dynamic_denoise draws large things less")
    return jobs
