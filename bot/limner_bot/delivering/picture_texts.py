"""What is known of how a picture was made, as a list that people read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from limner_bot.talking.harmless import clean, plain, quoted
from limner_bot.words import Words
from limner_sdk import Choice, Recipe, Request, Stage

_MOST: Final = 400
#: A prompt may take so much of a message of 2000.
_LONGEST_PROMPT: Final = 600


def facts(words: Words, made_by: Recipe | Request) -> list[str]:
    """One line for each thing that is known."""
    pairs = _of_recipe(words, made_by) if isinstance(made_by, Recipe) else _of_request(words, made_by)
    return [words("info-line", what=what, value=value) for what, value in pairs if value]


def _of_recipe(words: Words, recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield words("info-prompt"), _quoted(recipe.prompt)
    yield words("info-negative"), _quoted(recipe.negative)
    yield words("info-model"), plain(recipe.model.id, _MOST)
    yield words("info-size"), f"{recipe.last_size}"
    yield (
        words("info-seed"),
        str(recipe.seed.seed)
        + "".join(f" + {variation.seed}:{variation.strength:g}" for variation in recipe.seed.variations),
    )
    yield words("info-steps"), str(recipe.steps)
    yield words("info-cfg"), f"{recipe.cfg:g}"
    yield words("info-sampler"), plain(f"{recipe.sampler.id}, {recipe.schedule.id}", _MOST)
    yield words("info-files"), plain(", ".join(file.name for file in (*recipe.loras, *recipe.embeddings)), _MOST)
    yield words("info-finished"), _listed(_finishers(recipe))


def _of_request(words: Words, request: Request) -> Iterator[tuple[str, str]]:
    yield words("info-prompt"), _quoted(request.prompt)
    yield words("info-negative"), _quoted(request.negative or "")
    yield words("info-model"), plain(request.model or "", _MOST)
    yield words("info-size"), f"{request.width}x{request.height}" if request.width and request.height else ""
    yield words("info-seed"), "" if request.seed is None else str(request.seed)
    yield words("info-steps"), str(request.steps or "")
    yield words("info-cfg"), "" if request.cfg is None else f"{request.cfg:g}"
    chosen = (choice.name for choice in (request.sampler, request.schedule) if choice)
    yield words("info-sampler"), plain(", ".join(chosen), _MOST)
    yield words("info-finished"), _listed(request.postprocess)


def code_block(text: str) -> str:
    """Somebody's text as it stands there, in a block of code that it cannot end."""
    return f"```\n{clean(text).replace('`', 'ˋ')}\n```"


def _quoted(text: str) -> str:
    return quoted(text, _LONGEST_PROMPT) if text.strip() else ""


def _listed(stages: tuple[Stage | Choice, ...]) -> str:
    return plain(", ".join(each.id if isinstance(each, Stage) else each.name for each in stages), _MOST)


def _finishers(recipe: Recipe) -> tuple[Stage, ...]:
    """All that was done to a finished picture, from the first time on."""
    earlier = recipe.finished.recipe if recipe.finished else None
    return (*(_finishers(earlier) if earlier else ()), *recipe.postprocess)
