"""The contracts of what makes pictures of pictures, or finds things in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from limner_sdk.definitions import Definition, DetectorDef, PostprocessDef, PreprocessorDef, UpscalerDef
from limner_sdk.errors import PictureWithheld
from limner_sdk.params import Params
from limner_sdk.records import Detection
from limner_sdk.types import Box, Image, Size

from .demands import demand, globals_untouched
from .fakes import FakeContext
from .finishing import FakeEstimateContext, FakePostprocessContext, fake_recipe

#: Even, and odd on both sides.
SIZES: Final = (Size(64, 64), Size(97, 41))


def check_postprocessor(definition: PostprocessDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture of the size that it estimates; leaves its input alone; the same twice; works at odd sizes.

    A guard gives the very picture back, or withholds it.
    """
    chosen = params if params is not None else definition.params()
    for picture in map(_ramp, SIZES):
        if definition.guard:
            _check_guard(definition, picture, chosen)
            continue
        size, label = Size(*picture.size), _label(definition, picture)
        made = _made(definition, picture, partial(_finishing, picture), chosen)
        told = definition.estimate(size, FakeEstimateContext(), chosen).size if definition.estimate else size
        demand(made.size == told, f"{label} gives {made.width}x{made.height} pixels and has estimated {told}")


def _check_guard(definition: PostprocessDef[Any], picture: Image, params: Params) -> None:
    """Gives the picture back as it is, or withholds it."""
    before = picture.tobytes()
    try:
        made = definition.run(picture, _finishing(picture), params)
    except PictureWithheld:
        made = picture
    label = f"the guard {definition.name} at {picture.width}x{picture.height}"
    demand((made.mode, made.size, made.tobytes()) == ("RGB", picture.size, before), f"{label} changes the picture")
    demand(picture.tobytes() == before, f"{label} changes the picture it is given")


def _finishing(picture: Image) -> FakePostprocessContext:
    """A context whose detectors find one thing in the picture, a little left of its middle."""
    box = Box(picture.width // 4, picture.height // 4, picture.width // 4, picture.height // 2)
    return FakePostprocessContext(fake_recipe(), found=(Detection(box, 0.9, "face"),), shown={"reference": picture})


def check_upscaler(definition: UpscalerDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture a whole number of times as large, `scale` if it says so; leaves its input alone; the same
    twice; works at odd sizes, and on a single pixel.
    """
    chosen = params if params is not None else definition.params()
    for picture in map(_ramp, (Size(32, 32), Size(37, 21), Size(1, 1))):
        made = _made(definition, picture, FakeContext, chosen)
        times = definition.scale or made.width // picture.width
        wanted, label = (times * picture.width, times * picture.height), _label(definition, picture)
        demand(made.size == wanted, f"{label} gives {made.width}x{made.height} pixels, which is not {times} times that")


def check_detector(definition: DetectorDef[Any], params: Params | None = None) -> None:
    """Gives detections surest first, whose boxes lie on the picture and whose masks have its size; leaves its input
    alone; the same twice; works at odd sizes and on a single pixel.
    """
    chosen = params if params is not None else definition.params()
    for picture in map(_ramp, (*SIZES, Size(1, 1))):
        before, label = picture.tobytes(), _label(definition, picture)
        with globals_untouched(definition.name):
            found = list(definition.run(picture, FakeContext(), chosen))
        again = list(definition.run(picture, FakeContext(), chosen))
        for detection in found:
            problem = detection.problem(Size(*picture.size))
            demand(problem is None, f"{label}: {problem}")
        sure = [detection.confidence for detection in found]
        demand(sure == sorted(sure, reverse=True), f"{label} does not give what is surest first")
        demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        demand([d.box for d in found] == [d.box for d in again], f"{label} differs when it is run again")


def check_preprocessor(definition: PreprocessorDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture of the same size; leaves its input alone; the same twice; works at odd sizes."""
    chosen = params if params is not None else definition.params()
    for picture in map(_ramp, SIZES):
        made = _made(definition, picture, FakeContext, chosen)
        demand(made.size == picture.size, f"{_label(definition, picture)} gives {made.width}x{made.height} pixels")


def _made(definition: Definition[Any], picture: Image, context: Callable[[], object], params: Params) -> Image:
    """What the definition makes of a picture, which must be one in RGB, the same twice, and leave its input alone."""
    from PIL import Image as Pillow

    before, label = picture.tobytes(), _label(definition, picture)
    with globals_untouched(definition.name):
        made: Image = definition.function(picture, context(), params)
    again = definition.function(picture, context(), params)
    is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
    demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
    demand(picture.tobytes() == before, f"{label} changes the picture it is given")
    demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")
    return made


def _ramp(size: Size) -> Image:
    """A grey ramp in RGB."""
    from PIL import Image as Pillow

    return Pillow.linear_gradient("L").resize(size).convert("RGB")


def _label(definition: Definition[Any], picture: Image) -> str:
    return f"{definition.kind} {definition.name} at {picture.width}x{picture.height}"
