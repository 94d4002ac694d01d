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
from .wording import counted, found_by


def detailed(image: Image, ctx: PostprocessContext, params: DetailerParams) -> Image:
    """The picture with everything that was found drawn anew, each thing from the picture as it is given.

    So what becomes of a thing does not depend on the others. Pixels outside of all masks stay as they are.
    """
    ctx.report(0.0, "looking")
    masks = _masks(image, things_in(image, ctx, params), ctx, params)
    jobs = _jobs(image, masks, ctx, params)
    pieces = drawn(image, jobs, ctx, params)
    patches = [patch_of(image, job.crop.box, piece, job.mask, params) for job, piece in zip(jobs, pieces, strict=True)]
    if jobs:
        ctx.note(f"{_told([job.mask for job in jobs], params)} drawn anew")
    return composed(image, patches)


def _masks(image: Image, things: Sequence[Thing], ctx: PostprocessContext, params: DetailerParams) -> list[Mask]:
    masks = masks_of(things, Size(*image.size), ctx.native, params)
    if things and not masks:
        ctx.note("Nothing is left of the masks, so nothing was drawn anew; look at dilate_erode, offsets and merge")
    if masks and "mask" in ctx.pictures:
        masks = touching(masks, ctx.picture("mask").convert("L").resize(image.size))
        if not masks:
            found = counted(thing.detection.label for thing in things)
            ctx.note(f"{found} {found_by(params)}, but not in the mask: nothing was drawn anew")
    return masks


def _jobs(image: Image, masks: Sequence[Mask], ctx: PostprocessContext, params: DetailerParams) -> list[Job]:
    jobs = []
    skipped: list[Mask] = []
    faint: list[Mask] = []
    for index, mask in enumerate(masks):
        if skips(params.prompt, index) or skips(params.negative, index):
            skipped.append(mask)
        elif strength_of(mask.share, params) == 0:
            faint.append(mask)
        else:
            jobs.append(_job(image, index, mask, ctx, params))
    if skipped:
        ctx.note(f"{_told(skipped, params)} skipped, as the prompt says")
    if faint:
        why = "dynamic_denoise draws large things less" if params.denoise else "denoise is 0"
        ctx.note(f"{_told(faint, params)} not drawn anew: {why}")
    return jobs


def _job(image: Image, index: int, mask: Mask, ctx: PostprocessContext, params: DetailerParams) -> Job:
    return Job(
        mask,
        crop_for(mask.box, Size(*image.size), ctx.native, params),
        prompt_of(params.prompt, index, ctx.recipe.prompt),
        prompt_of(params.negative, index, ctx.recipe.negative),
        seed_of(ctx.seed, ctx.number, mask.point),
        strength_of(mask.share, params),
    )


def _told(masks: Sequence[Mask], params: DetailerParams) -> str:
    things = counted(label for mask in masks for label in mask.labels)
    return f"All but {things}" if params.merge == "merge_invert" else things
