"""The words behind a conditioning of ComfyUI: encoders of texts, and nodes that join, change or pass them on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from limner_sdk.errors import quote
from limner_sdk.request import LONGEST_PROMPT

from .draft import Draft
from .graph import Graph, Link, Node
from .plain import from_comfy

#: More of them on the way to a text are no graph that somebody drew.
DEEPEST: Final = 200
MOST_PARTS: Final = 50
#: Texts of encoders, in the order in which they are looked for; the later ones of a node are mostly repetitions.
TEXTS: Final = ("text", "text_g", "t5xxl", "clip_l", "text_l", "prompt")
#: Nodes that only pass words on as far as a request goes, and need no notice.
_QUIET: Final = ("Reroute", "ConditioningZeroOut")
#: Two conditionings that a node joins.
_JOINED: Final[Mapping[str, tuple[str, str]]] = {
    "ConditioningConcat": ("conditioning_to", "conditioning_from"),
    "ConditioningCombine": ("conditioning_1", "conditioning_2"),
}


@dataclass(frozen=True)
class Words:
    """A prompt in our language, and which layer of the text encoder reads it if that is said."""

    text: str = ""
    clip_skip: int | None = None


@dataclass
class _Walk:
    """One walk from a sampler to its texts."""

    graph: Graph
    draft: Draft
    seen: set[str] = field(default_factory=set)
    clip_skip: int | None = None


def words_of(graph: Graph, link: Link | None, draft: Draft, *, against: bool = False) -> Words:
    """The words that a conditioning was made of; what cannot be said in a prompt gets a notice.

    Combined conditionings share the say equally: "a :0.5 AND b :0.5". A negative prompt (`against`) knows no AND.
    """
    walk = _Walk(graph, draft)
    parts = [part for part in _parts(walk, link, 0) if part]
    if len(parts) > 1 and against:
        draft.note("its negative prompts were combined; here they are one")
        return Words(", ".join(parts), walk.clip_skip)
    if len(parts) > 1:
        parts = [f"{part} :{1 / len(parts):.6g}" for part in parts]
    return Words(" AND ".join(parts), walk.clip_skip)


def _parts(walk: _Walk, link: Link | None, depth: int) -> list[str]:
    """The texts that are combined, each with its concatenated parts."""
    node = walk.graph.behind(link)
    if link is None or node is None or node.id in walk.seen or depth > DEEPEST:
        return []
    walk.seen.add(node.id)
    if node.kind in _JOINED:
        first, second = (_parts(walk, node.link(name), depth + 1) for name in _JOINED[node.kind])
        if node.kind == "ConditioningCombine":
            return (first + second)[:MOST_PARTS]
        # Only the first of what is appended counts.
        return [" BREAK ".join(filter(None, (part, *second[:1]))) for part in first or [""]]
    if node.kind == "ConditioningZeroOut":
        return []
    return _text(walk, node) or _passed_on(walk, node, link, depth)


def _text(walk: _Walk, node: Node) -> list[str]:
    """The text of an encoder; nothing if the node is none."""
    texts = [text for name in TEXTS if (text := walk.graph.text(node, name)) is not None]
    if not texts:
        return []
    if len(set(filter(None, texts))) > 1:
        walk.draft.note(f"the node {quote(node.id)} gave its encoders different texts; the first is used")
    if "guidance" in node.inputs:
        _distilled(walk, node)
    _read_clip(walk, node)
    # One more than a request takes, so that it is refused and not cut.
    return [from_comfy(next(filter(None, texts), "")[: LONGEST_PROMPT + 1])]


def _passed_on(walk: _Walk, node: Node, link: Link, depth: int) -> list[str]:
    """What a node got that changes a conditioning; one with both prompts gives the negative one second."""
    if node.kind == "FluxGuidance":
        _distilled(walk, node)
    elif node.kind not in _QUIET:
        walk.draft.note(f"left out what {quote(node.kind)} does to the prompt")
    both = "negative" if link.output == 1 else "positive"
    links = dict(node.links())
    before = links.get("conditioning") or links.get("conditioning_to") or links.get(both)
    if before is None and len(links) == 1:
        before = next(iter(links.values()))
    return _parts(walk, before, depth + 1)


def _distilled(walk: _Walk, node: Node) -> None:
    walk.draft.note(f"left out the distilled guidance {walk.graph.number(node, 'guidance')}")


def _read_clip(walk: _Walk, node: Node) -> None:
    """Follow the text encoder to the node that cuts its last layers off."""
    seen = {node.id}
    clip = walk.graph.source(node, "clip")
    while clip is not None and clip.id not in seen and walk.clip_skip is None and len(seen) <= DEEPEST:
        seen.add(clip.id)
        layer = walk.graph.number(clip, "stop_at_clip_layer")
        walk.clip_skip = None if layer is None else -int(layer)
        clip = walk.graph.source(clip, "clip")
