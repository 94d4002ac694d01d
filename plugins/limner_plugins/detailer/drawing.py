"""Draws the parts of a picture anew: those of one size and strength together, each with its own prompt and seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Pillow

from limner_sdk import Image, Part, PostprocessContext, Redrawing, Size, Tensor

from .crops import Crop
from .masks import BLACK, Mask, in_part
from .params import DetailerParams


@dataclass(frozen=True)
class Job:
    """One thing that is drawn anew; prompts that are None are the picture's own."""

    mask: Mask
    crop: Crop
    prompt: str | None
    negative: str | None
    seed: int
    strength: float


def seed_of(picture: int, unit: int, point: tuple[int, int]) -> int:
    """The seed of the thing at a `point` of the picture, in the unit of that number: of nothing else that is in it."""
    words = f"detailer {picture} {unit} {point[0]} {point[1]}"
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")


def strength_of(share: float, params: DetailerParams) -> float:
    """The denoise of a thing that covers the `share` of the picture, less for large ones.

    In steps of a tenth of the whole, so that things of about one size are drawn together.
    """
    if params.dynamic_denoise == 0:
        return params.denoise
    factor = float(max(1 - share, 1e-3) ** params.dynamic_denoise)
    return min(1.0, params.denoise * round(factor, 1))


def drawn(image: Image, jobs: Sequence[Job], ctx: PostprocessContext, params: DetailerParams) -> list[Tensor]:
    """What each job's crop looks like now, (3, H, W) of the size that it was drawn at."""
    groups: defaultdict[tuple[Size, float], list[int]] = defaultdict(list)
    for index, job in enumerate(jobs):
        groups[job.crop.size, job.strength].append(index)
    made: dict[int, Tensor] = {}
    for (_, strength), group in groups.items():
        ctx.check_cancelled()
        parts = [_part(image, jobs[index], ctx, params) for index in group]
        made |= zip(group, ctx.redraw_parts(parts, _how(image, strength, params)), strict=True)
        ctx.report(len(made) / len(jobs), f"{len(made)} of {len(jobs)}")
    return [made[index] for index in range(len(jobs))]


def _part(image: Image, job: Job, ctx: PostprocessContext, params: DetailerParams) -> Part:
    box, size = job.crop.box, job.crop.size
    piece = image.crop((box.left, box.top, box.right, box.bottom))
    if size.width > box.width or size.height > box.height:
        piece = ctx.upscale(piece, params.upscaler, size)
    elif piece.size != size:
        piece = piece.resize(size, Pillow.Resampling.LANCZOS)
    # All that shows through the soft mask is drawn anew: its edge would else be softened twice.
    white = Pillow.fromarray(in_part(box, job.mask) >= BLACK).convert("L")
    return Part(piece, white.resize(size, Pillow.Resampling.BILINEAR), box, job.prompt, job.negative, job.seed)


def _how(image: Image, strength: float, params: DetailerParams) -> Redrawing:
    # Places on the canvas are only of use to the picture's own hints: each thing has noise of its own.
    return Redrawing.by(params, strength, Size(*image.size) if params.control == "passthrough" else None)
