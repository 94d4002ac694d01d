"""Encode: prompts become the guidance of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from limner_sdk import Guidance, Model, Recipe


def encode(model: Model, recipes: Sequence[Recipe]) -> Guidance:
    """The positive and negative conditioning of a batch whose recipes share `cfg`; row k belongs to `recipes[k]`."""
    return Guidance(
        positive=model.encode_prompts([recipe.prompt for recipe in recipes]),
        negative=model.encode_prompts([recipe.negative for recipe in recipes]),
        scale=recipes[0].cfg,
    )
