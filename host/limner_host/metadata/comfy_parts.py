"""Nodes of ComfyUI's graphs that draw or decode pictures in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limner_host.registry import Registry
from limner_sdk.errors import quote

from .draft import Draft
from .graph import Graph, Node
from .parts import METHODS, choose, clamped

TILED: Final = "TiledDiffusion"
#: Nodes that decode by tiles which are blended, or estimated from a small copy.
DECODERS: Final = ("VAEDecodeTiled", "VAEDecodeTiled_TiledDiffusion")
CODEC: Final = "tiled_vae"
#: Pixels of a latent cell; the node counts in pixels.
PIXELS: Final = 8
_SIDES: Final = {"tile_width": "tile_width", "tile_height": "tile_height", "tile_overlap": "overlap"}


def read_tiler(graph: Graph, node: Node, draft: Draft, registry: Registry) -> None:
    """The tiler that a node on the way to the model stands for."""
    method = graph.text(node, "method") or ""
    name = METHODS.get(method, method)
    offer = draft.look_up(node.kind, name, registry.tiler)
    if offer is not None and name != method:
        draft.note(f"the tiler {name} takes the place of {quote(method)}, which is not quite the same")
    params = {ours: _cells(graph.number(node, theirs)) for theirs, ours in _SIDES.items()}
    params["batch"] = graph.number(node, "tile_batch_size")
    choose(draft, "tiler", node.kind, offer, registry.tiler, clamped(params, draft))


def _cells(pixels: int | float | None) -> Any:
    return None if pixels is None else int(pixels) // PIXELS


def read_decoder(graph: Mapping[str, Node], draft: Draft, registry: Registry) -> None:
    """The codec that a node behind the sampler stands for."""
    found = next((node for node in graph.values() if node.kind in DECODERS), None)
    if found is None:
        return
    offer = draft.look_up(found.kind, CODEC, registry.codec)
    choose(draft, "codec", found.kind, offer, registry.codec, {})
    if offer is not None:
        draft.note(f"{found.kind} decoded it in blended tiles; {offer.name} decodes it in parts without a seam")
