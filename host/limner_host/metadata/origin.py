"""Where a picture comes from: the request that would make it again, whichever program it was made with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from limner_host.pictures import read_texts, recipe_in
from limner_host.registry import Registry
from limner_sdk import InvalidRequest, Recipe, Request, UnreadableImage

from .comfy import read_graph
from .containers import DRAWING, EXTRAS, GRAPH, INFOTEXT, RECIPE
from .draft import Draft
from .grammar import Infotext, pairs_of, parsed
from .reading import read_settings

_HASH: Final = re.compile(r"[0-9a-f]{10}")
LONGEST_INFOTEXT: Final = 256 * 1024
LONGEST_GRAPH: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Origin:
    """What a picture says of itself, as a request; `notices` tell what of it could not be understood.

    Only our own pictures have a `recipe`, which makes the same pixels again. `digest` is how the SHA-256 of the
    model's weights begins, as far as the picture says. `text` is the infotext of an A1111 picture as it stands there.
    """

    kind: Literal["limner", "a1111", "comfyui"]
    request: Request
    notices: tuple[str, ...] = ()
    recipe: Recipe | None = None
    digest: str = ""
    text: str = ""


def read_origin(file: Path, registry: Registry) -> Origin:
    """What `file` says of itself: our own recipe, else A1111's infotext, else the graph that ComfyUI ran.

    Raises `UnreadableImage` with one sentence if there is nothing, or nothing that can be used.
    """
    return origin_in(read_texts(file), file, registry)


def origin_in(texts: Mapping[str, str], file: Path, registry: Registry) -> Origin:
    """The same of texts that have been read already; sentences name the `file`. Raises `UnreadableImage`."""
    try:
        if RECIPE in texts:
            recipe = recipe_in(texts[RECIPE], file.name)
            return Origin("limner", recipe.as_request(), recipe=recipe, digest=recipe.model.digest)
        infotext = parsed(_short(texts.get(INFOTEXT, ""), LONGEST_INFOTEXT, file))
        if infotext.settings:
            infotext = _with_extras(infotext, _short(texts.get(EXTRAS, ""), LONGEST_INFOTEXT, file))
        # Custom nodes write both; words without settings tell less than a graph.
        if infotext.settings or (infotext.prompt and GRAPH not in texts):
            return _from_infotext(infotext, texts[INFOTEXT], registry)
        if GRAPH in texts:
            return _from_graph(_short(texts[GRAPH], LONGEST_GRAPH, file), registry, file)
    except InvalidRequest as error:
        raise UnreadableImage(f"{file.name} cannot be made again: {error}") from None
    raise UnreadableImage(_nothing(file, DRAWING in texts))


def _with_extras(infotext: Infotext, text: str) -> Infotext:
    """The infotext with what was done to the finished picture, which A1111 writes beside it."""
    return replace(infotext, settings={**dict(pairs_of(text)), **infotext.settings})


def _from_infotext(infotext: Infotext, text: str, registry: Registry) -> Origin:
    draft = Draft()
    read_settings(infotext, draft, registry)
    digest = infotext.settings.get("Model hash", "").lower()
    # Shorter ones are of an older kind, which is no beginning of a SHA-256.
    known = digest if _HASH.fullmatch(digest) else ""
    return Origin("a1111", draft.request(), draft.notices, digest=known, text=text)


def _from_graph(text: str, registry: Registry, file: Path) -> Origin:
    draft = Draft()
    read_graph(text, draft, registry, file.name)
    return Origin("comfyui", draft.request(), draft.notices)


def _short(text: str, most: int, file: Path) -> str:
    if len(text) > most:
        raise UnreadableImage(f"{file.name} carries a text of {len(text)} characters; the most is {most}")
    return text


def _nothing(file: Path, drawn: bool) -> str:
    if drawn:
        return (
            f"{file.name} carries only the drawing of a graph (ComfyUI's workflow), not the graph that ran; "
            "save it from ComfyUI with its metadata, or export the workflow in API format"
        )
    return f"{file.name} carries no recipe of Limner's, A1111's or ComfyUI's; another program may have re-saved it"
