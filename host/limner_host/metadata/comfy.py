"""The graph that ComfyUI ran, as a request: from its sampler up to the prompts, the model and the empty latent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from limner_host.registry import Registry
from limner_sdk import UnreadableImage
from limner_sdk.errors import quote
from limner_sdk.seeds import LARGEST_SEED

from .comfy_parts import TILED, read_decoder, read_tiler
from .conditions import Words, words_of
from .draft import Draft
from .fields import put_model, put_seed
from .graph import Graph, Node, chain, graph_of
from .plain import from_a1111
from .solvers import BROWNIAN, read_number, read_steps

#: Nodes that sample, and what their seeds are called.
SAMPLERS: Final[Mapping[str, str]] = {
    "KSampler": "seed",
    "KSamplerAdvanced": "noise_seed",
    "SamplerCustom": "noise_seed",
    "SamplerCustomAdvanced": "",
}
MOST_PASSES: Final = 50
#: The most that a tag of a prompt may say of a LoRA's weight.
HEAVIEST: Final = 10
#: Seeds there end below this.
SEEDS: Final = 2**64
#: Inputs along which a node of any kind passes on what it got.
_LATENT: Final = ("latent_image", "samples", "latent")
_ENDING: Final = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf)$", re.IGNORECASE)
_MODEL: Final = ("model", "unet")


def read_graph(text: str, draft: Draft, registry: Registry, file: str) -> None:
    """Fill `draft` with what a graph says. Raises `UnreadableImage` for one without a sampler that is known."""
    graph = graph_of(text, file)
    sampler = _first_sampler(graph, draft)
    if sampler is None:
        raise UnreadableImage(f"{file} carries a graph of ComfyUI's without any sampler that is known here")
    words = _guidance(graph, sampler, draft)
    read_steps(graph, sampler, draft, registry)
    _seed(graph, sampler, draft)
    _latent(graph, sampler, draft)
    tags = _model(graph, sampler, draft, registry)
    _prompts(words, tags, draft)
    read_decoder(graph, draft, registry)
    draft.put_in("steering", "weighting", weighting="comfy")
    noise = draft.look_up("noise", "noises:gaussian", registry.noise)
    if noise is not None:
        draft.choose("noise", "noise", noise)


def _first_sampler(graph: Graph, draft: Draft) -> Node | None:
    """The sampler that starts from nothing, or from a picture; later passes are told of and left out."""
    found = [node for node in graph.values() if node.kind in SAMPLERS][:MOST_PASSES]
    first = [node for node in found if not any(before.kind in SAMPLERS for before in chain(graph, node, _LATENT))]
    chosen = next(iter(first or found), None)
    for node in found:
        if node is not chosen:
            draft.note(f"left out another pass, by the node {quote(node.id)} ({node.kind})")
    return chosen


def _guidance(graph: Graph, sampler: Node, draft: Draft) -> tuple[Words, Words]:
    """The words for and against, and the scale: of the sampler itself or of its guider."""
    guider = graph.source(sampler, "guider") or sampler
    if guider.kind == "BasicGuider":
        draft.put("cfg", cfg=1.0)
        return words_of(graph, guider.link("conditioning"), draft), Words()
    if guider.kind == "DualCFGGuider":
        draft.note("of the two prompts of a DualCFGGuider only the first is used")
    read_number(graph, guider, "cfg_conds" if "cfg_conds" in guider.inputs else "cfg", "cfg", draft)
    positive = guider.link("positive") or guider.link("cond1")
    return words_of(graph, positive, draft), words_of(graph, guider.link("negative"), draft, against=True)


def _seed(graph: Graph, sampler: Node, draft: Draft) -> None:
    noise = graph.source(sampler, "noise")
    node, name = (noise, "noise_seed") if noise is not None else (sampler, SAMPLERS[sampler.kind])
    seed = graph.number(node, name)
    if seed is None:
        draft.note(f"left out the seed: the node {quote(node.id)} has none that could be read")
    else:
        put_seed(draft, "seed", _lower_half(seed, draft))


def _lower_half(seed: int | float, draft: Draft) -> int | float:
    """All of a seed that torch's generator on the CPU, which draws the first noise, makes use of."""
    if not isinstance(seed, int) or not LARGEST_SEED < seed < SEEDS:
        return seed
    if (draft.get("sampler") or {}).get("name") in BROWNIAN:
        draft.note(f"of the seed {seed} only the lower half is used; its sampler's noise there comes from all of it")
    return seed & LARGEST_SEED


def _latent(graph: Graph, sampler: Node, draft: Draft) -> None:
    """Where it began: an empty latent of a size, or a picture."""
    for node in chain(graph, sampler, _LATENT):
        width, height = graph.number(node, "width"), graph.number(node, "height")
        if node.link("pixels") is not None:
            _picture(graph, node, sampler, draft)
            return
        if width is not None and height is not None:
            draft.put("size", width=width, height=height)
            if (graph.number(node, "batch_size") or 1) > 1:
                draft.note("it was made in a batch; only the first picture of one can be made again by itself")
            return
        if node.kind not in SAMPLERS:
            draft.note(f"left out what {quote(node.kind)} does to the latent")
    draft.note("left out the size: no node says it")


def _picture(graph: Graph, node: Node, sampler: Node, draft: Draft) -> None:
    draft.note("it was begun from another picture, which this one does not carry; give that one as the image")
    if node.link("mask") is not None:
        draft.note("part of it was drawn inside a mask, which it does not carry; give that one as the mask")
    denoise = graph.number(graph.source(sampler, "sigmas") or sampler, "denoise")
    draft.put_in("start", "denoise", denoise=1.0 if denoise is None else denoise, exact_steps=True)


def _model(graph: Graph, sampler: Node, draft: Draft, registry: Registry) -> list[str]:
    """Walk from the sampler to the checkpoint; gives the LoRAs on the way as tags of a prompt."""
    holder = graph.source(sampler, "guider") or sampler
    tags: list[str] = []
    name = None
    for node in chain(graph, holder, _MODEL):
        if "lora_name" in node.inputs:
            tags[:0] = _lora(graph, node, draft)
        elif node.kind == "RescaleCFG":
            draft.put_in("steering", "multiplier", rescale=graph.number(node, "multiplier"))
        elif node.kind == TILED:
            read_tiler(graph, node, draft, registry)
        elif "ckpt_name" in node.inputs or "unet_name" in node.inputs:
            name = graph.text(node, "ckpt_name") or graph.text(node, "unet_name")
        else:
            draft.note(f"left out what {quote(node.kind)} does to the model")
    if name is None:
        draft.note("left out the model: no node that loads a checkpoint was found")
    else:
        put_model(draft, "ckpt_name", stem_of(name), registry)
    return tags


def _lora(graph: Graph, node: Node, draft: Draft) -> list[str]:
    name = stem_of(graph.text(node, "lora_name") or "")
    weight = graph.number(node, "strength_model")
    text_weight = graph.number(node, "strength_clip")
    if not name or weight is None or abs(weight) > HEAVIEST or not _sayable(name):
        draft.note(f"left out lora_name: {quote(name)} cannot be written as a tag of a prompt")
        return []
    # A node for the model alone leaves the text encoder as it is.
    text_weight = 0 if text_weight is None else text_weight
    weights = f"{weight:.6g}" if weight == text_weight else f"unet={weight:.6g}:te={text_weight:.6g}"
    return [f"<lora:{name}:{weights}>"]


def _sayable(name: str) -> bool:
    """Whether a LoRA's name stays as it is in a tag of a prompt."""
    return not any(sign in name for sign in "<>:") and from_a1111(name) == name


def stem_of(name: str) -> str:
    """A file's name without its folders and its ending."""
    return _ENDING.sub("", name.replace("\\", "/").rpartition("/")[2])


def _prompts(words: tuple[Words, Words], tags: list[str], draft: Draft) -> None:
    positive, negative = words
    draft.put_prompt(" ".join(filter(None, (positive.text, *tags))))
    draft.put("negative", negative=negative.text)
    if positive.clip_skip is not None:
        draft.put_in("steering", "stop_at_clip_layer", clip_skip=positive.clip_skip)
