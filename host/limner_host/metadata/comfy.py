"""The graph that ComfyUI ran, as a request: from its sampler up to the prompts, the model and the empty latent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from limner_host.registry import Registry
from limner_sdk import UnreadableImage
from limner_sdk.errors import quote

from .conditions import Words, words_of
from .draft import Draft
from .fields import put_model, put_seed
from .graph import Graph, Node, graph_of

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
#: Schedules that go by another name here.
SCHEDULERS: Final[Mapping[str, str]] = {"beta": "beta_timesteps", "ddim_uniform": "ddim"}
#: Nodes that are a schedule, and what it is called here.
SCHEDULE_NODES: Final[Mapping[str, str]] = {
    "KarrasScheduler": "karras",
    "ExponentialScheduler": "exponential",
    "PolyexponentialScheduler": "polyexponential",
    "BetaSamplingScheduler": "beta_timesteps",
}
_RANGE: Final = ("sigma_max", "sigma_min", "rho", "alpha", "beta")
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
    _steps(graph, sampler, draft, registry)
    _seed(graph, sampler, draft)
    _latent(graph, sampler, draft)
    tags = _model(graph, sampler, draft, registry)
    _prompts(words, tags, draft)
    draft.put_in("steering", "weighting", weighting="comfy")
    noise = draft.look_up("noise", "noises:gaussian", registry.noise)
    if noise is not None:
        draft.choose("noise", "noise", noise)


def chain(graph: Graph, node: Node, names: tuple[str, ...]) -> Iterator[Node]:
    """The nodes that feed `node` along the inputs called `names`, nearest first, each once."""
    seen = {node.id}
    current: Node | None = node
    while current is not None:
        links = [link for name in names if (link := current.link(name)) is not None]
        current = graph.behind(links[0]) if links else None
        if current is None or current.id in seen:
            return
        seen.add(current.id)
        yield current


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
    _number(graph, guider, "cfg_conds" if "cfg_conds" in guider.inputs else "cfg", "cfg", draft)
    positive = guider.link("positive") or guider.link("cond1")
    return words_of(graph, positive, draft), words_of(graph, guider.link("negative"), draft, against=True)


def _number(graph: Graph, node: Node, name: str, field: str, draft: Draft) -> None:
    value = graph.number(node, name)
    if value is None:
        draft.note(f"left out {field}: the node {quote(node.id)} has no number for {name}")
    else:
        draft.put(name, **{field: value})


def _steps(graph: Graph, sampler: Node, draft: Draft, registry: Registry) -> None:
    """Sampler, schedule and steps, which stand in the sampler or in nodes of their own."""
    select = graph.source(sampler, "sampler") or sampler
    name = graph.text(select, "sampler_name")
    offer = draft.look_up("sampler_name", name or select.kind, registry.sampler)
    if offer is not None:
        draft.choose("sampler", "sampler_name", offer)
    sigmas = _sigmas(graph, sampler, draft)
    _number(graph, sigmas, "steps", "steps", draft)
    _schedule(graph, sigmas, draft, registry)
    _part_of_steps(graph, sampler, draft)


def _sigmas(graph: Graph, sampler: Node, draft: Draft) -> Node:
    """The node that says how many steps there are: the sampler, or the scheduler behind nodes that cut its list."""
    if sampler.link("sigmas") is None:
        return sampler
    for node in chain(graph, sampler, ("sigmas",)):
        if "steps" in node.inputs:
            return node
        draft.note(f"left out what {quote(node.kind)} does to the schedule")
    return sampler


def _schedule(graph: Graph, sigmas: Node, draft: Draft, registry: Registry) -> None:
    name = SCHEDULE_NODES.get(sigmas.kind) or graph.text(sigmas, "scheduler") or sigmas.kind
    offer = draft.look_up("scheduler", SCHEDULERS.get(name, name), registry.schedule)
    if offer is None:
        return
    draft.choose("schedule", "scheduler", offer)
    for param in _RANGE if sigmas.kind in SCHEDULE_NODES else ():
        value = graph.number(sigmas, param)
        if value is not None:
            draft.tune("schedule", param, registry.schedule, {param: value})


def _part_of_steps(graph: Graph, sampler: Node, draft: Draft) -> None:
    start, end = graph.number(sampler, "start_at_step") or 0, graph.number(sampler, "end_at_step")
    if start > 0 or (end is not None and end < (draft.get("steps") or 0)):
        draft.note("left out start_at_step and end_at_step: it ran only a part of its steps")


def _seed(graph: Graph, sampler: Node, draft: Draft) -> None:
    noise = graph.source(sampler, "noise")
    node, name = (noise, "noise_seed") if noise is not None else (sampler, SAMPLERS[sampler.kind])
    seed = graph.number(node, name)
    if seed is None:
        draft.note(f"left out the seed: the node {quote(node.id)} has none that could be read")
    else:
        put_seed(draft, "seed", seed)


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
    if not name or weight is None or abs(weight) > HEAVIEST or any(sign in name for sign in "<>:"):
        draft.note(f"left out lora_name: {quote(name)} cannot be written as a tag of a prompt")
        return []
    # A node for the model alone leaves the text encoder as it is.
    text_weight = 0 if text_weight is None else text_weight
    weights = f"{weight:.6g}" if weight == text_weight else f"unet={weight:.6g}:te={text_weight:.6g}"
    return [f"<lora:{name}:{weights}>"]


def stem_of(name: str) -> str:
    """A file's name without its folders and its ending."""
    return _ENDING.sub("", name.replace("\\", "/").rpartition("/")[2])


def _prompts(words: tuple[Words, Words], tags: list[str], draft: Draft) -> None:
    positive, negative = words
    draft.put_prompt(" ".join(filter(None, (positive.text, *tags))))
    draft.put("negative", negative=negative.text)
    if positive.clip_skip is not None:
        draft.put_in("steering", "stop_at_clip_layer", clip_skip=positive.clip_skip)
