"""Pictures that were made of finished ones: which recipe the first one had, and all that was done since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from limner_sdk import Recipe, Stage

#: A longer line is no work of anybody's hands.
MOST_GENERATIONS: Final = 200


def generations(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipes from the first picture to this one; one that nothing was made before stands alone."""
    line = [recipe]
    while line[-1].finished is not None and line[-1].finished.recipe is not None and len(line) < MOST_GENERATIONS:
        line.append(line[-1].finished.recipe)
    return tuple(reversed(line))


def deeds(recipe: Recipe) -> Iterator[tuple[Recipe, Stage]]:
    """Every post-processor that the picture has gone through, in order, with the recipe that it belongs to."""
    for made in generations(recipe):
        yield from ((made, stage) for stage in made.postprocess)
