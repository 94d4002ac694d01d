"""Wording: a picture's prompts with styles and random choices filled in, and the files that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from limner_sdk import FileReference, Hires, ImageSeed, Request

from .library import Library
from .prompting import filled, networks_of


def worded(request: Request, hires: Hires | None, library: Library, seed: ImageSeed) -> dict[str, Any]:
    """The fields of one picture's recipe that depend on its words. Raises `InvalidRequest`, naming what is unknown."""
    typed, typed_negative = request.prompt, request.negative or ""
    if request.styles:
        typed, typed_negative = library.styles().applied(typed, typed_negative, request.styles)
    found = words_of(typed, typed_negative, hires, library, seed)
    return found | {"seed": seed, "template": request.prompt if found["prompt"] != request.prompt else ""}


def words_of(typed: str, typed_negative: str, hires: Hires | None, library: Library, seed: ImageSeed) -> dict[str, Any]:
    """Prompts with their random choices made, and the files that they name. Raises `InvalidRequest` like `worded`."""

    def final(text: str) -> str:
        return filled(text, seed.seed, library.wildcards)

    prompt, negative, second = final(typed), final(typed_negative), _second(hires, final)
    return {
        "prompt": prompt,
        "negative": negative,
        "hires": second,
        "loras": _loras([prompt, (second and second.prompt) or ""], library),
        "embeddings": _embeddings(texts_of(prompt, negative, second), library),
    }


def _second(hires: Hires | None, final: Callable[[str], str]) -> Hires | None:
    """The second pass with its own prompts, if it has any, filled in."""
    if hires is None:
        return None
    own = {name: getattr(hires, name) for name in ("prompt", "negative")}
    return hires.model_copy(update={name: final(text) for name, text in own.items() if text is not None})


def texts_of(prompt: str, negative: str, hires: Hires | None) -> tuple[str, ...]:
    """Every prompt of a picture, those of its second pass among them."""
    return prompt, negative, *((hires.prompt or "", hires.negative or "") if hires else ())


def _loras(texts: Iterable[str], library: Library) -> tuple[FileReference, ...]:
    names = dict.fromkeys(tag.name for text in texts for tag in networks_of(text)[1])
    return tuple(library.loras.reference(name) for name in names)


def _embeddings(texts: Iterable[str], library: Library) -> tuple[FileReference, ...]:
    names = dict.fromkeys(name for text in texts for name in library.embeddings.in_prompt(networks_of(text)[0]))
    return tuple(library.embeddings.reference(name) for name in names)
