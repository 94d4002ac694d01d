"""A recipe as A1111's infotext: what other tools read from a PNG's `parameters`."""

from __future__ import annotations

from collections.abc import Iterable

from limner_sdk import Recipe

from .registry import Registry


def infotext(recipe: Recipe, registry: Registry) -> str:
    """Prompt, negative prompt and one line of settings, in A1111's order and names."""
    lines = [recipe.prompt]
    if recipe.negative:
        lines.append(f"Negative prompt: {recipe.negative}")
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in _settings(recipe, registry)))
    return "\n".join(lines)


def _settings(recipe: Recipe, registry: Registry) -> Iterable[tuple[str, str]]:
    yield "Steps", str(recipe.steps)
    yield "Sampler", registry.sampler(recipe.sampler.id).label
    yield "Schedule type", registry.schedule(recipe.schedule.id).label
    yield "CFG scale", f"{recipe.cfg:g}"
    yield "Seed", str(recipe.seed.seed)
    yield "Size", str(recipe.size)
    yield "Model hash", recipe.model.digest[:10]
    yield "Model", recipe.model.id.partition(":")[2]
    # A1111 knows one variation seed; the whole chain stands in the recipe beside this text.
    for variation in recipe.seed.variations[-1:]:
        yield "Variation seed", str(variation.seed)
        yield "Variation seed strength", f"{variation.strength:g}"
    yield "RNG", "CPU"
    yield "Version", f"limner {recipe.software.get('limner', '')}".strip()


def _quoted(value: str) -> str:
    """Quote what A1111's parser would otherwise take apart."""
    if any(sign in value for sign in ',:\n"'):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return value
