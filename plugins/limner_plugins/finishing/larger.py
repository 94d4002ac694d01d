"""`upscale`: a picture at an exact size, enlarged by one upscaler or by a blend of two."""

from __future__ import annotations

from typing import Literal

from limner_sdk import Estimate, EstimateContext, Image, InvalidRequest, Params, PostprocessContext, Size, param

#: The largest side that files of pictures can have.
_LARGEST = 65_535


class UpscaleParams(Params):
    """What a picture becomes, and by what."""

    scale: float = param(4.0, "How many times as wide and high; sizes in pixels go before it.", ge=1, le=16)
    width: int | None = param(None, "Width in pixels; the height follows if it is left open.", ge=1, le=16384)
    height: int | None = param(None, "Height in pixels; the width follows if it is left open.", ge=1, le=16384)
    fit: Literal["crop", "stretch", "inside"] = param(
        "crop", "For another shape: cut what is too much, stretch, or stay inside of it."
    )
    upscaler: str = param("lanczos", "What enlarges: lanczos, nearest or an upscaler's name.", max_length=100)
    second: str | None = param(None, "Another one, whose picture is blended in.", max_length=100)
    visibility: float = param(0.5, "How much of the second one shows.", ge=0, le=1)


def estimate(size: Size, ctx: EstimateContext, params: UpscaleParams) -> Estimate:
    """The size to come. Raises `InvalidRequest` for one that no file can hold, and `UnknownName`."""
    ctx.require("upscaler", params.upscaler)
    ctx.require("upscaler", params.second)
    made, _ = sizes(size, params)
    names = (params.upscaler, *((params.second,) if params.second else ()))
    return Estimate(made, what=f"{made.width}x{made.height} by {' and '.join(names)}")


def upscale(image: Image, ctx: PostprocessContext, params: UpscaleParams) -> Image:
    """The picture at exactly the size asked for. Raises `InvalidRequest` for unknown upscalers and sizes."""
    from PIL import Image as Pillow

    made, whole = sizes(Size(*image.size), params)
    enlarged = ctx.upscale(image, params.upscaler, whole)
    if params.second and params.visibility:
        enlarged = Pillow.blend(enlarged, ctx.upscale(image, params.second, whole), params.visibility)
    left, top = (whole.width - made.width) // 2, (whole.height - made.height) // 2
    return enlarged.crop((left, top, left + made.width, top + made.height))


def sizes(size: Size, params: UpscaleParams) -> tuple[Size, Size]:
    """What a picture of `size` becomes, and what it is enlarged to before its edges are cut off."""
    made, whole = _sizes(size, params)
    if max(whole) > _LARGEST:
        field = "postprocess.width" if params.width or params.height else "postprocess.scale"
        asked = params.width or params.height or params.scale
        raise InvalidRequest(field, asked, f"makes a side of {max(whole)} pixels; the most is {_LARGEST}")
    return made, whole


def _sizes(size: Size, params: UpscaleParams) -> tuple[Size, Size]:
    pairs = (params.width, size.width), (params.height, size.height)
    factors = [wanted / side for wanted, side in pairs if wanted is not None]
    if not params.width or not params.height:
        scaled = _scaled(size, factors[0] if factors else params.scale)
        made = Size(params.width or scaled.width, params.height or scaled.height)
        return made, made
    asked = Size(params.width, params.height)
    if params.fit == "stretch":
        return asked, asked
    if params.fit == "inside":
        least = _scaled(size, min(factors))
        return least, least
    covering = _scaled(size, max(factors))
    return asked, Size(max(covering.width, asked.width), max(covering.height, asked.height))


def _scaled(size: Size, factor: float) -> Size:
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))
