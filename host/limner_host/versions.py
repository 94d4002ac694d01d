"""The versions of what makes pictures, as recipes and `limner doctor` record them."""

from __future__ import annotations

import importlib.metadata
from functools import cache
from typing import Final

from limner_sdk import __version__

#: What a picture's pixels depend on.
LIBRARIES: Final = ("torch", "diffusers", "transformers")


@cache
def software() -> dict[str, str]:
    """Limner's version and those of the libraries that compute."""
    return {"limner": __version__} | {name: importlib.metadata.version(name) for name in LIBRARIES}
