"""`colour_fix`: the colours of a reference, for a picture that has lost its own."""

from __future__ import annotations

from typing import Literal

from limner_sdk import (
    Estimate,
    EstimateContext,
    Image,
    InvalidRequest,
    Params,
    PostprocessContext,
    Size,
    colour_matched,
    param,
    to_picture,
    to_pixels,
)

REFERENCE, BEGUN = "reference", "start"


class ColourFixParams(Params):
    """How colours are taken over, and how much."""

    way: Literal["wavelet", "adain", "lab"] = param(
        "wavelet", "wavelet: what is coarse; adain: mean and contrast; lab: colours, but not the light."
    )
    strength: float = param(1.0, "How far towards the reference's colours.", ge=0, le=1)


def estimate(size: Size, ctx: EstimateContext, params: ColourFixParams) -> Estimate:
    """The same size. Raises `InvalidRequest` if there will be no picture to go by."""
    if not any(ctx.has_picture(name) for name in (REFERENCE, BEGUN)):
        raise _missing()
    return Estimate(size)


def colour_fix(image: Image, ctx: PostprocessContext, params: ColourFixParams) -> Image:
    """The picture with the colours of the one that the choice calls ``reference``, which is stretched to its size.

    Without one, with the colours of what it was begun from. Raises `InvalidRequest` if there is neither.
    """
    from PIL.Image import Resampling

    found = next((name for name in (REFERENCE, BEGUN) if name in ctx.pictures), None)
    if found is None:
        raise _missing()
    like = ctx.picture(found)
    like = like if like.size == image.size else like.resize(image.size, Resampling.LANCZOS)
    pixels = to_pixels(image)
    matched = colour_matched(pixels, to_pixels(like), params.way)
    return to_picture(pixels.lerp(matched, params.strength))


def _missing() -> InvalidRequest:
    remedy = f"is missing; give it with --postprocess.picture.{REFERENCE} FILE"
    return InvalidRequest("postprocess.picture", REFERENCE, remedy)
