"""What a stranger's picture says of how it was made, as far as it can be trusted to be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from limner_host.inputs import without_oldest
from limner_host.metadata.containers import DRAWING, EXTRAS, GRAPH, INFOTEXT, RECIPE
from limner_host.metadata.origin import origin_in
from limner_sdk import UnreadableImage
from limner_sdk.darkroom import Says
from limner_sdk.request import LONGEST_FINISHED_TEXT

from .known import Knowledge

#: Characters of the longest graph that a clean copy carries.
LONGEST_CARRIED: Final = 256 * 1024
_SPEAKING: Final = frozenset({RECIPE, INFOTEXT, GRAPH, DRAWING})


@dataclass(frozen=True)
class Words:
    """What is told, and the texts that a clean copy may go on carrying."""

    says: Says | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def words_of(texts: Mapping[str, str], called: str, knowledge: Knowledge) -> Words:
    """What `texts`, those of a picture that somebody has `called` so, say; nothing in them is ever run or fetched."""
    if not texts.keys() & _SPEAKING:
        return Words()
    try:
        origin = origin_in(texts, Path(_shown(called)), knowledge.registry)
    except UnreadableImage as error:
        return Words(Says(program="unknown", notes=(str(error),)))
    # As deep as it is kept; the frame that carries it must be read again.
    recipe = without_oldest(origin.recipe) if origin.recipe else None
    carried = dict(_carried(origin.kind, texts))
    told = Says(
        program=origin.kind,
        infotext=carried.get(INFOTEXT, ""),
        request=origin.request,
        recipe=recipe,
        notes=origin.notices,
    )
    return Words(told, carried | ({RECIPE: recipe.model_dump_json()} if recipe else {}))


def _carried(program: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Those of the texts of other programs that were understood and are no longer than a host keeps them."""
    keys = (
        {GRAPH: LONGEST_CARRIED} if program == "comfyui" else dict.fromkeys((INFOTEXT, EXTRAS), LONGEST_FINISHED_TEXT)
    )
    yield from ((key, texts[key]) for key, most in keys.items() if 0 < len(texts.get(key, "")) <= most)


def _shown(called: str) -> str:
    """A file's name without anything that could steer a reader: sentences name it."""
    return "".join(sign for sign in called if sign.isprintable() and sign not in "/\\")[:60] or "the picture"
