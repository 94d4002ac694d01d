"""What control networks' hints are made of: edges, a coarser picture, the negative, and bare lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from limner_sdk import Context, Image, InvalidRequest, NoParams, Params, PreprocessorDef, hookimpl, param


class CannyParams(Params):
    """Both are brightness gradients per pixel, of 8-bit levels as the edge detector sums them."""

    low: int = param(100, "Edges weaker than this are dropped.", ge=1, le=255)
    high: int = param(200, "Edges stronger than this are kept; those between, if they touch one.", ge=1, le=255)


class TileParams(Params):
    factor: float = param(2.0, "How many times coarser; 1 keeps the picture.", ge=1, le=8)
    method: Literal["resample", "blur"] = param("resample", "Shrink and enlarge again, or blur.")


class ScribbleParams(Params):
    threshold: int = param(127, "Brightness that tells lines from ground.", ge=1, le=255)
    lines: Literal["auto", "light", "dark"] = param("auto", "Which side the lines are on; auto takes the rarer one.")


class LineartParams(Params):
    width: float = param(2.0, "How far a line's surroundings reach, in pixels.", ge=0.5, le=16)
    strength: float = param(1.0, "How faint a line may be.", ge=0.1, le=8)


def canny(image: Image, ctx: Context, params: CannyParams) -> Image:
    """White edges on black, by OpenCV (Canny, "A Computational Approach to Edge Detection", 1986)."""
    import cv2
    import numpy as np
    from PIL import Image as Pillow

    if params.low > params.high:
        raise InvalidRequest("preprocessor.low", params.low, f"is above high, which is {params.high}; make it smaller")
    edges = cv2.Canny(np.asarray(image.convert("RGB")), params.low, params.high)
    return Pillow.fromarray(edges).convert("RGB")


def tile(image: Image, ctx: Context, params: TileParams) -> Image:
    """The picture without its details, for networks that draw them anew."""
    from PIL import ImageFilter
    from PIL.Image import Resampling

    picture = image.convert("RGB")
    if params.factor == 1:
        return picture
    if params.method == "blur":
        return picture.filter(ImageFilter.GaussianBlur(params.factor))
    small = max(1, round(picture.width / params.factor)), max(1, round(picture.height / params.factor))
    return picture.resize(small, Resampling.BOX).resize(picture.size, Resampling.BICUBIC)


def invert(image: Image, ctx: Context, params: NoParams) -> Image:
    """The negative: dark lines on white paper become the light ones on black that networks know."""
    from PIL import ImageOps

    return ImageOps.invert(image.convert("RGB"))


def scribble(image: Image, ctx: Context, params: ScribbleParams) -> Image:
    """White lines on black, without any grey."""
    from PIL import Image as Pillow

    light = image.convert("L").point(lambda level: 255 if level >= params.threshold else 0)
    share = light.histogram()[255] / (light.width * light.height)
    dark_lines = params.lines == "dark" or (params.lines == "auto" and share > 0.5)
    return Pillow.merge("RGB", [light.point(lambda level: 255 - level) if dark_lines else light] * 3)


def lineart(image: Image, ctx: Context, params: LineartParams) -> Image:
    """White lines on black: where the picture is darker than a blurred copy of itself (difference of Gaussians)."""
    import cv2
    import numpy as np
    from PIL import Image as Pillow

    grey = np.asarray(image.convert("L"), dtype=np.float32)
    around = cv2.GaussianBlur(grey, (0, 0), params.width)
    lines = np.clip((around - grey) * (params.strength * 4), 0, 255).round().astype(np.uint8)
    return Pillow.fromarray(lines).convert("RGB")


def inpaint(image: Image, ctx: Context, params: NoParams) -> Image:
    """The picture as it is; the host marks what lies under the mask."""
    return image.convert("RGB")


@hookimpl
def limner_preprocessors() -> Iterator[PreprocessorDef[Any]]:
    yield PreprocessorDef("canny", "White edges on black.", CannyParams, canny, label="Canny")
    yield PreprocessorDef(
        "tile", "The picture without its details.", TileParams, tile, label="Tile", aliases=("tile_resample",)
    )
    yield PreprocessorDef(
        "inpaint", "The picture, marked where it is drawn anew.", NoParams, inpaint, marks_mask=True, label="Inpaint"
    )
    yield PreprocessorDef(
        "lineart", "White lines on black, as soft as they are.", LineartParams, lineart, label="Lineart"
    )
    yield PreprocessorDef("invert", "The negative, for dark lines on white.", NoParams, invert, label="Invert")
    yield PreprocessorDef("scribble", "White lines on black, without grey.", ScribbleParams, scribble, label="Scribble")
