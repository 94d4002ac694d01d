"""Encode: prompts become the guidance of a batch, step by step."""

from __future__ import annotations

from limner_sdk import Conditioning, Encoding, Guidance, Model, Recipe, Span


def encode(model: Model, recipe: Recipe, count: int) -> Guidance:
    """The guidance of `count` pictures of one recipe."""
    return Guidance(
        positives=((_encoded(model, recipe, recipe.prompt, False).expand(count), 1.0),),
        negative=_encoded(model, recipe, recipe.negative, True).expand(count),
        scale=recipe.cfg,
        rescale=recipe.steering.rescale,
    )


def _encoded(model: Model, recipe: Recipe, prompt: str, negative: bool) -> Conditioning:
    steering = recipe.steering
    how = Encoding(recipe.size, steering.clip_skip, steering.weighting, negative)
    return model.encode((Span(prompt),), how)
