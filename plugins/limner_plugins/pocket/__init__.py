"""Pocket: a very small text-to-image model of a drawn world, carried as ordinary diffusers files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from limner_sdk import Model, ModelDef, ModelDefaults, ModelLoader, Size, hookimpl

#: The diffusers folder with the trained weights.
WEIGHTS: Final = Path(__file__).parent / "weights"


def _load(loader: ModelLoader) -> Model:
    return loader.folder(str(WEIGHTS))


@hookimpl
def limner_models() -> Iterator[ModelDef]:
    yield ModelDef(
        "pocket",
        "Shapes, faces and houses in ten colours; 128 pixels, no download.",
        "sd1",
        _load,
        ModelDefaults(size=Size(128, 128), steps=20, cfg=4.0, sampler="samplers:dpmpp_2m"),
        label="Pocket",
    )
