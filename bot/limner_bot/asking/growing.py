"""Pictures that are drawn on: zooming out, panning, making square, and drawing a region anew, as requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from limner_bot.queue.identity import new_seed
from limner_bot.queue.records import Image
from limner_bot.words import Mistake
from limner_sdk import Inpaint, Outpaint, PictureStart, Recipe, Request, Size
from limner_sdk.shapes import first_pass, needs_parts

from .menu import PICTURES, drawn

Side: TypeAlias = Literal["left", "right", "up", "down"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)

LEAST_FACTOR, MOST_FACTOR = 1.05, 3.0
#: How much of a picture's side a pan adds.
PAN: Final = 0.5
#: How much of a region is drawn anew: enough for another subject, and what lies around it still counts.
REGION_DENOISE: Final = 0.85
#: Shares of the shorter side: the old edge that is drawn anew with what is new, and the softness of a region's edge.
_OVERLAP, _BLUR = 1 / 16, 1 / 64


@dataclass(frozen=True)
class Growth:
    """Pixels that a picture gains at each side, and the size in pixels at which the whole is drawn."""

    around: Outpaint
    size: Size


@dataclass(frozen=True)
class Ground:
    """A picture to draw on: its file's path, its pixels, its recipe, and the size that its model likes."""

    path: str
    size: Size
    recipe: Recipe
    native: Size

    @classmethod
    def of(cls, image: Image, path: str, native: Size) -> Ground:
        """The ground of one of our pictures whose file lies at `path`."""
        return cls(path, Size(image.width, image.height), image.recipe, native)

    @property
    def base(self) -> Recipe:
        """The recipe by which it was drawn; its own if it came from elsewhere."""
        return drawn(self.recipe) or self.recipe

    @property
    def canvas(self) -> Size:
        """The size to draw at: the one it was drawn at before it was enlarged, or what its model can do."""
        base = self.base
        if base.finished is None and base is self.recipe and not base.postprocess:
            return self.size
        if base.finished is None and _alike(base.last_size, self.size):
            return base.last_size
        return first_pass(self.size, self.native) if needs_parts(self.size, self.native) else self.size


def _alike(one: Size, other: Size) -> bool:
    """Whether two sizes have the same shape, as far as whole pixels can."""
    return abs(one.width / one.height - other.width / other.height) < 0.02 * one.width / one.height


def zoomed(ground: Ground, factor: float) -> Growth:
    """All sides grow, and the whole is drawn at the size that the picture had: it comes to lie smaller in the middle.

    Raises `InvalidRequest` for a factor that nobody wants.
    """
    if not LEAST_FACTOR <= factor <= MOST_FACTOR:
        raise Mistake("factor", factor, "mistake-no-number-from", least=f"{LEAST_FACTOR:g}", most=f"{MOST_FACTOR:g}")
    width, height = ground.size
    across, down = round(width * (factor - 1) / 2), round(height * (factor - 1) / 2)
    return Growth(_around(ground, left=across, right=across, top=down, bottom=down), ground.canvas)


def panned(ground: Ground, side: Side) -> Growth:
    """One side grows by half of the picture, which keeps its size."""
    (width, height), (across, down) = ground.size, ground.canvas
    if side in ("left", "right"):
        more = round(width * PAN)
        return Growth(_around(ground, **{side: more}), Size(round(across * (width + more) / width), down))
    more = round(height * PAN)
    size = Size(across, round(down * (height + more) / height))
    return Growth(_around(ground, **{"top" if side == "up" else "bottom": more}), size)


def squared(ground: Ground) -> Growth:
    """The shorter sides grow until all are alike. Raises `InvalidRequest` for a square."""
    width, height = ground.size
    if width == height:
        raise Mistake("picture", str(ground.size), "mistake-square-already")
    across, down = max(0, height - width), max(0, width - height)
    sides = {"left": across // 2, "right": across - across // 2, "top": down // 2, "bottom": down - down // 2}
    size = Size(max(ground.canvas), max(ground.canvas))
    if needs_parts(size, ground.native):
        size = first_pass(size, ground.native)
    return Growth(_around(ground, **sides), size)


def _around(ground: Ground, **sides: int) -> Outpaint:
    overlap = min(256, max(8, round(min(ground.size) * _OVERLAP)))
    return Request.parse({"prompt": "any", "outpaint": {**sides, "overlap": overlap}}).outpaint or Outpaint()


def grown(ground: Ground, growth: Growth, prompt: str | None = None) -> Request:
    """The request for what lies around a picture. Raises `InvalidRequest` if nobody has said what that is."""
    changes: dict[str, Any] = {"outpaint": growth.around, "width": growth.size.width, "height": growth.size.height}
    return _redrawn(ground, changes, prompt)


def redrawn_within(ground: Ground, mask: str, prompt: str | None = None, denoise: float = REGION_DENOISE) -> Request:
    """The request for a region anew, white in the file `mask`; the rest of the picture stays as it is, to the bit.

    A picture that is larger than its model draws gets the region at the model's size. Raises `InvalidRequest`.
    """
    canvas = ground.canvas
    inpaint = Inpaint(
        area="whole" if canvas == ground.size else "masked",
        blur=min(64, max(2, round(min(ground.size) * _BLUR))),
        padding=min(512, round(min(ground.size) * 4 * _BLUR)),
    )
    changes = {"mask": mask, "inpaint": inpaint, "start": PictureStart(denoise=denoise), "postprocess": ()}
    return _redrawn(ground, {"width": canvas.width, "height": canvas.height} | changes, prompt)


def _redrawn(ground: Ground, changes: Mapping[str, Any], prompt: str | None) -> Request:
    """With a fresh seed; what the picture was begun with plays no part in it any more."""
    begun = dict.fromkeys(("mask", "start", "inpaint", "outpaint", "hires", "inversion", "tiler", "finished"))
    fresh = {"image": ground.path, "seed": new_seed(), "variations": (), "count": PICTURES, "controls": ()}
    base = ground.base
    own = {"postprocess": ()} if base.finished else {}
    words = {"prompt": base.prompt if prompt is None else prompt}
    return base.as_request(**{**begun, **fresh, **own, **words, **changes})
