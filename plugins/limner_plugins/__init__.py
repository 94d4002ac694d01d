"""Bundled plugins. They import the SDK only, through the same door as anyone else's."""

from __future__ import annotations

from typing import Final

#: The modules of this package that are plugins; a test holds it equal to the folder.
BUNDLED: Final = (
    "detailer",
    "detectors",
    "finishing",
    "inversions",
    "noises",
    "pocket",
    "preprocessors",
    "regions",
    "safety",
    "samplers",
    "schedules",
    "tiled_vae",
    "tilers",
    "ultimate_upscale",
    "upscalers",
)
