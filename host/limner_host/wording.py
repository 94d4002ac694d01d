"""Wording: a picture's prompts with styles and random choices filled in, and the files that they name."""

from __future__ import annotations

from typing import Any

from limner_sdk import FileReference, Hires, ImageSeed, Request

from .library import Library
from .prompting import filled, networks_of


def worded(request: Request, library: Library, seed: ImageSeed) -> dict[str, Any]:
    """The fields of one picture's recipe that depend on its words. Raises `InvalidRequest`, naming what is unknown."""
    prompt, negative = library.styles().applied(request.prompt, request.negative or "", request.styles)
    filled_prompt = filled(prompt, seed.seed, library.wildcards)
    filled_negative = filled(negative, seed.seed, library.wildcards)
    hires = request.hires or Hires()
    texts = [filled_prompt, filled_negative, hires.prompt or "", hires.negative or ""]
    return {
        "seed": seed,
        "prompt": filled_prompt,
        "negative": filled_negative,
        "template": request.prompt if filled_prompt != request.prompt else "",
        "loras": _loras(texts, library),
        "embeddings": _embeddings(texts, library),
    }


def _loras(texts: list[str], library: Library) -> tuple[FileReference, ...]:
    names = dict.fromkeys(tag.name for text in texts for tag in networks_of(text)[1])
    return tuple(library.loras.reference(name) for name in names)


def _embeddings(texts: list[str], library: Library) -> tuple[FileReference, ...]:
    names = dict.fromkeys(name for text in texts for name in library.embeddings.in_prompt(networks_of(text)[0]))
    return tuple(library.embeddings.reference(name) for name in names)
