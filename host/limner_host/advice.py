"""Advice about a picture that can be made, but will most likely not be what the person wants."""

from __future__ import annotations

from collections.abc import Iterator

from limner_sdk import Recipe, Size
from limner_sdk.catalogue import DEFAULT_TILER, TOO_ROOMY, outgrows
from limner_sdk.shapes import CALM, first_pass, outgrows_both

from .registry import Registry


def advice(recipe: Recipe, native: Size, registry: Registry) -> Iterator[str]:
    """Sentences about the recipe of a model whose own size in pixels is `native`."""
    size = max(recipe.size, recipe.last_size, key=lambda each: each.width * each.height)
    if recipe.tiler is None and outgrows(size, native, TOO_ROOMY):
        tilers = [offer for offer in registry.offers("tiler") if offer.id == DEFAULT_TILER]
        remedy = _remedy(recipe, size, native, f"--tiler {tilers[0].name}") if tilers else "a tiler draws it in parts"
        yield f"{size} is more than twice the model's own {native}, so things may repeat; {remedy}"


def _remedy(recipe: Recipe, size: Size, native: Size, tiler: str) -> str:
    """What to do instead. Every part shows all of the prompt, unless there is something to draw over."""
    if recipe.start is not None:
        return f"{tiler} draws it in parts, which leave the subject alone at --denoise {CALM:g}"
    if recipe.hires is not None and not outgrows(recipe.size, native, TOO_ROOMY):
        return f"{tiler} draws it in parts, which leave the subject alone at --hires.denoise {CALM:g}"
    if not outgrows_both(size, native):
        return f"{tiler} draws it in parts"
    first = first_pass(size, native)
    passes = f"--size {first} --hires {size.width / first.width:.3g} --hires.upscaler lanczos --hires.denoise {CALM:g}"
    return f"{passes} {tiler} keeps one subject, which {tiler} alone repeats in each part"
