"""Advice about a picture that can be made, but will most likely not be what the person wants."""

from __future__ import annotations

from collections.abc import Iterator

from limner_sdk import Recipe, Size
from limner_sdk.catalogue import DEFAULT_TILER, TOO_ROOMY, outgrows

from .registry import Registry


def advice(recipe: Recipe, native: Size, registry: Registry) -> Iterator[str]:
    """Sentences about the recipe of a model whose own size in pixels is `native`."""
    if recipe.tiler is None and recipe.start is None and outgrows(recipe.size, native, TOO_ROOMY):
        tilers = [offer for offer in registry.offers("tiler") if offer.id == DEFAULT_TILER]
        remedy = f"--tiler {tilers[0].name} draws it in parts" if tilers else "a tiler draws it in parts"
        yield f"{recipe.size} is more than twice the model's own {native}, so things may repeat; {remedy}"
