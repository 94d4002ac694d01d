"""The contracts of what makes pictures of pictures, or finds things in them."""

from __future__ import annotations

from typing import Any

from limner_sdk.definitions import DetectorDef, PostprocessDef, PreprocessorDef, UpscalerDef
from limner_sdk.errors import PictureWithheld
from limner_sdk.params import Params
from limner_sdk.records import Detection
from limner_sdk.types import Box, Image, Size

from .demands import demand, globals_untouched
from .fakes import FakeContext
from .finishing import FakeEstimateContext, FakePostprocessContext, fake_recipe


def check_postprocessor(definition: PostprocessDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture of the size that it estimates; leaves its input alone; the same twice; works at odd sizes.

    A guard gives the very picture back, or withholds it.
    """
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((64, 64), (97, 41)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        if definition.guard:
            _check_guard(definition, picture, chosen)
            continue
        with globals_untouched(definition.name):
            made = definition.run(picture, _finishing(picture), chosen)
        again = definition.run(picture, _finishing(picture), chosen)
        label = f"postprocessor {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        told = definition.estimate(Size(*size), FakeEstimateContext(), chosen).size if definition.estimate else size
        demand(made.size == tuple(told), f"{label} gives {made.width}x{made.height} pixels and has estimated {told}")
        demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")


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
    twice; works at odd sizes.
    """
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((32, 32), (37, 21), (1, 1)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with globals_untouched(definition.name):
            made = definition.run(picture, FakeContext(), chosen)
        again = definition.run(picture, FakeContext(), chosen)
        label = f"upscaler {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        times = definition.scale or made.width // picture.width
        wanted = (times * picture.width, times * picture.height)
        demand(made.size == wanted, f"{label} gives {made.width}x{made.height} pixels, which is not {times} times that")
        demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")


def check_detector(definition: DetectorDef[Any], params: Params | None = None) -> None:
    """Gives detections surest first, whose boxes lie on the picture and whose masks have its size; leaves its input
    alone; the same twice; works at odd sizes and on a single pixel.
    """
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((64, 64), (97, 41), (1, 1)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with globals_untouched(definition.name):
            found = list(definition.run(picture, FakeContext(), chosen))
        again = list(definition.run(picture, FakeContext(), chosen))
        label = f"detector {definition.name} at {size[0]}x{size[1]}"
        for detection in found:
            problem = detection.problem(Size(*size))
            demand(problem is None, f"{label}: {problem}")
        sure = [detection.confidence for detection in found]
        demand(sure == sorted(sure, reverse=True), f"{label} does not give what is surest first")
        demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        demand([d.box for d in found] == [d.box for d in again], f"{label} differs when it is run again")


def check_preprocessor(definition: PreprocessorDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture of the same size; leaves its input alone; the same twice; works at odd sizes."""
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((64, 64), (97, 41)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with globals_untouched(definition.name):
            made = definition.run(picture, FakeContext(), chosen)
        again = definition.run(picture, FakeContext(), chosen)
        label = f"preprocessor {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        demand(made.size == size, f"{label} gives {made.width}x{made.height} pixels")
        demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")
