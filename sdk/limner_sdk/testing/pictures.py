"""The contracts of post-processors and preprocessors."""

from __future__ import annotations

from typing import Any

from limner_sdk.definitions import PostprocessDef, PreprocessorDef
from limner_sdk.params import Params

from .demands import demand, globals_untouched
from .fakes import FakeContext


def check_postprocessor(definition: PostprocessDef[Any], params: Params | None = None) -> None:
    """Gives an RGB picture; leaves its input alone; the same twice; works at odd sizes."""
    from PIL import Image as Pillow

    chosen = params if params is not None else definition.params()
    for size in ((64, 64), (97, 41)):
        picture = Pillow.linear_gradient("L").resize(size).convert("RGB")
        before = picture.tobytes()
        with globals_untouched(definition.name):
            made = definition.run(picture, FakeContext(seed=5), chosen)
        again = definition.run(picture, FakeContext(seed=5), chosen)
        label = f"postprocessor {definition.name} at {size[0]}x{size[1]}"
        is_rgb = isinstance(made, Pillow.Image) and made.mode == "RGB"
        demand(is_rgb, f"{label} gives {made!r} instead of an RGB picture")
        demand(picture.tobytes() == before, f"{label} changes the picture it is given")
        demand(made.tobytes() == again.tobytes(), f"{label} differs when it is run again")


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
