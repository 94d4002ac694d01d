"""What the detector finds in a picture: filtered, the best of it kept, and put into an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot
from typing import Final

from limner_sdk import Box, Detection, Image, PostprocessContext, Size

from .params import DetailerParams
from .wording import counted, found_by, nothing

#: How many things are drawn anew in one picture; more are noise in the detector more often than a crowd.
MOST_THINGS: Final = 64
#: The finest grid that things are put on has steps of 16 pixels: this is the power of two.
_FINEST: Final = 4


@dataclass(frozen=True)
class Thing:
    """One thing in a picture of `canvas` pixels. `place` is its place among all that was found, surest first."""

    place: int
    detection: Detection
    canvas: Size

    @property
    def area(self) -> int:
        """Of its box, in pixels."""
        return self.detection.box.width * self.detection.box.height

    @property
    def share(self) -> float:
        """The share of the picture that its box covers."""
        return self.area / (self.canvas.width * self.canvas.height)


def point_of(box: Box) -> tuple[int, int]:
    """The point that is nearest to a box' middle, of a grid of pixels that are multiples of a power of two.

    That is the largest which is no more than half of the longer side, and 16 at least: so coarse that a box which is a
    few pixels off mostly keeps its point, so fine that two things hardly share one.
    """
    step = 1 << max(_FINEST, (max(box.width, box.height) // 2).bit_length() - 1)
    return _nearest(box.left + box.right, step), _nearest(box.top + box.bottom, step)


def _nearest(twice: int, step: int) -> int:
    """The multiple of `step` nearest to half of `twice`."""
    return (twice + step) // (2 * step) * step


def things_in(image: Image, ctx: PostprocessContext, params: DetailerParams) -> list[Thing]:
    """The things that are to be drawn anew, in the order of `params.sort`; the person is told if there are none."""
    found = _found(image, ctx, params)
    # Shrunk by more than that, a thing would lose more than it gains.
    most = params.max_side or 2 * max(ctx.native)
    fitting = [thing for thing in found if _fits(thing, params, most)]
    if found and not fitting:
        limits = "none of the size that min_ratio, max_ratio and max_side ask for"
        ctx.note(f"{_told(found)} {found_by(params)}, {limits}: nothing was drawn anew")
    return _ordered(_best(fitting, ctx, params), params.sort)


def _found(image: Image, ctx: PostprocessContext, params: DetailerParams) -> list[Thing]:
    wanted = {"confidence": params.confidence} | ({"classes": params.classes} if params.classes else {})
    detections = ctx.detect(image, params.detector, wanted)
    sure = [detection for detection in detections if detection.confidence >= params.confidence]
    if not sure:
        missing = f"{nothing(params)} {found_by(params)} at confidence {params.confidence:g}"
        ctx.note(f"{missing}: nothing was drawn anew")
    return [Thing(place, detection, Size(*image.size)) for place, detection in enumerate(sure)]


def _told(things: Iterable[Thing]) -> str:
    return counted(thing.detection.label for thing in things)


def _fits(thing: Thing, params: DetailerParams, most: int) -> bool:
    return params.min_ratio <= thing.share <= params.max_ratio and max(thing.detection.box[2:]) <= most


def _best(things: list[Thing], ctx: PostprocessContext, params: DetailerParams) -> list[Thing]:
    """The largest or the surest, if there are more than are wanted or can be drawn."""
    most = min(params.top_k or MOST_THINGS, MOST_THINGS)
    if len(things) > most == MOST_THINGS:
        ctx.note(f"{_told(things)} {found_by(params)}: those but the {most} of most {params.top_k_by} stay")
    if params.top_k_by == "confidence":
        ranked = sorted(things, key=lambda thing: -thing.detection.confidence)
    else:
        ranked = sorted(things, key=lambda thing: -thing.area)
    return sorted(ranked[:most], key=lambda thing: thing.place)


def _ordered(things: list[Thing], order: str) -> list[Thing]:
    match order:
        case "left_to_right":
            return sorted(things, key=lambda thing: thing.detection.box.left)
        case "centre_to_edge":
            return sorted(things, key=_from_centre)
        case "area":
            return sorted(things, key=lambda thing: -thing.area)
        case _:
            return things


def _from_centre(thing: Thing) -> float:
    box, canvas = thing.detection.box, thing.canvas
    return hypot(box.left + box.right - canvas.width, box.top + box.bottom - canvas.height)
