"""Sizes: of the picture that is drawn, and of its second pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from limner_sdk import Hires, Inpaint, InvalidRequest, Outpaint, Request, Size, UnknownName
from limner_sdk.request import LARGEST_SIDE, SMALLEST_SIDE
from limner_sdk.shapes import larger_of

from .enlarging import FILTERS, LATENT
from .limits import Limits
from .registry import Registry


def size_of(request: Request, native: Size, picture: Size | None, inpaint: Inpaint | None) -> Size:
    """The size that is drawn: as asked, else that of the picture it starts from, else the model's `native` one.

    A masked part is enlarged to the model's size. Raises `InvalidRequest` for a picture too large to be drawn.
    """
    if picture is None or (inpaint and inpaint.area == "masked"):
        return Size(request.width or native.width, request.height or native.height)
    left, top, right, bottom = margins(request.outpaint or Outpaint())
    scale = request.start.scale if request.start else 1.0
    own = Size(*(round(side * scale) for side in (picture.width + left + right, picture.height + top + bottom)))
    return Size(request.width or _side(own.width, own), request.height or _side(own.height, own))


def margins(outpaint: Outpaint) -> tuple[int, int, int, int]:
    """Pixels added at the left, top, right and bottom."""
    return outpaint.left, outpaint.top, outpaint.right, outpaint.bottom


def _side(pixels: int, size: Size) -> int:
    side = max(SMALLEST_SIDE, pixels)
    if side > LARGEST_SIDE:
        raise InvalidRequest("image", str(size), f"is too large; ask for a size of at most {LARGEST_SIDE} a side")
    return side


def second_size(request: Request, registry: Registry, size: Size, limits: Limits) -> Hires | None:
    """The second pass with its size in pixels, and full ids. Raises `InvalidRequest`, also beyond the `limits`."""
    hires = request.hires
    if hires is None:
        return None
    if request.image is not None:
        raise InvalidRequest("hires", hires.scale, "is for pictures drawn from noise; leave it or the image out")
    larger = larger_of(hires, size)
    if max(larger) > LARGEST_SIDE:
        field = "scale" if hires.width is None and hires.height is None else "width" if hires.width else "height"
        remedy = f"gives {larger}; the most is {LARGEST_SIDE} a side"
        raise InvalidRequest(f"hires.{field}", getattr(hires, field), remedy)
    limits.check("hires", larger)
    changes: dict[str, Any] = {"width": larger.width, "height": larger.height}
    if hires.sampler:
        sampler, schedule = registry.walk(hires.sampler, hires.schedule)
        changes |= {"sampler": sampler.id, "schedule": schedule.id}
    elif hires.schedule:
        changes["schedule"] = registry.schedule(hires.schedule).id
    changes["upscaler"] = known_upscaler("hires.upscaler", hires.upscaler, registry, (*LATENT, *FILTERS))
    return hires.model_copy(update=changes)


def known_upscaler(field: str, name: str, registry: Registry, own: Sequence[str]) -> str:
    """One of the host's `own` ways to enlarge, else the full id of a plugin's upscaler. Raises `UnknownName`."""
    folded = name.strip().lower().replace(" ", "_")
    if folded in own:
        return folded
    try:
        return registry.upscaler(name).id
    except UnknownName:
        known = ", ".join([*own, *(offer.name for offer in registry.offers("upscaler"))])
        raise UnknownName(field, name, f"is unknown; there is {known}") from None
