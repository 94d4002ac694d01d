"""A picture that is there already, as what post-processors are let loose on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from limner_host.library import Library
from limner_host.pictures import RECIPE_CHUNK, read_texts
from limner_host.prompting import without_networks
from limner_host.registry import Registry
from limner_sdk import InvalidRequest, Request, UnreadableImage, UnusableModel
from limner_sdk.errors import quote

from .containers import DRAWING, GRAPH, INFOTEXT
from .fields import listed_model
from .origin import Origin, read_origin

#: What a picture was begun with, which plays no part any more; and what was done to it already.
_OVER: Final = (
    *("width", "height", "count", "image", "mask", "start", "inpaint", "outpaint", "hires", "inversion", "tiler"),
    *("controls", "denoisers", "postprocess"),
)
#: Of what is noted about a picture of others, the part that matters when it is not made again.
_LOST: Final = "left out "


def to_finish(file: Path, registry: Registry, library: Library) -> tuple[Request, tuple[str, ...]]:
    """The request to finish `file`, still without any post-processor, and notices about what it carries.

    What is drawn anew follows what the picture was made by, as far as it is here; one that says nothing gets an empty
    prompt. The seed is the picture's own, or else comes from its bytes, so that the same work on the same file is the
    same again. Raises `UnreadableImage` for what is no picture.
    """
    origin, notices = _origin(file, registry)
    said = origin.request.model_dump(exclude_unset=True) if origin else {"prompt": ""}
    values = {field: value for field, value in said.items() if field not in _OVER}
    unknown = dict(_unknown(values, registry, library))
    rest = {field: value for field, value in values.items() if field not in unknown}
    strange: list[str] = []
    for field in ("prompt", "negative"):
        if rest.get(field):
            rest[field] = _known_words(rest[field], library, strange)
    seed = {} if rest.get("seed") is not None else {"seed": _seed_of(file)}
    made = Request.parse({**rest, **seed, "finished": str(file)})
    return made, (*notices, *unknown.values(), *dict.fromkeys(strange))


def _known_words(text: str, library: Library, strange: list[str]) -> str:
    """A prompt without what cannot be read or is not here; `strange` gets a notice for each."""

    def missing(name: str) -> bool:
        try:
            library.loras.find(name)
        except InvalidRequest as error:
            strange.append(f"left out lora: {quote(name)} {error.remedy}")
            return True
        return False

    try:
        return without_networks(text, missing)
    except InvalidRequest as error:
        strange.append(f"left out {error.field}: {quote(text)} {error.remedy}")
        return ""


def _origin(file: Path, registry: Registry) -> tuple[Origin | None, tuple[str, ...]]:
    """What the picture says of itself; a notice if it says something that cannot be used."""
    texts = read_texts(file)
    if not texts.keys() & {RECIPE_CHUNK, INFOTEXT, GRAPH, DRAWING}:
        return None, ()
    try:
        origin = read_origin(file, registry)
    except UnreadableImage as error:
        return None, (str(error),)
    return origin, tuple(notice for notice in origin.notices if notice.startswith(_LOST))


def _unknown(values: Mapping[str, Any], registry: Registry, library: Library) -> Iterator[tuple[str, str]]:
    """What the picture was made by and is not here, each with a notice."""
    kinds: dict[str, Callable[[str], Any]] = {
        "noise": registry.noise,
        "sampler": registry.sampler,
        "schedule": registry.schedule,
        "codec": registry.codec,
        "model": lambda name: listed_model(name, registry),
        "vae": library.vaes.chosen,
    }
    for field, find in kinds.items():
        value = values.get(field)
        name = value["name"] if isinstance(value, dict) else value
        if name is None:
            continue
        try:
            find(name)
        except InvalidRequest as error:
            yield field, f"left out {field}: {quote(name)} {error.remedy}"
        except UnusableModel as error:
            yield field, f"left out {field}: {error}"


def _seed_of(file: Path) -> int:
    """A seed that belongs to the bytes of a file."""
    return int.from_bytes(hashlib.sha256(file.read_bytes()).digest()[:4])
