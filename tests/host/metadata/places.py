"""What the tests of metadata share: the bundled registry, recipes of every kind, and requests read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from hypothesis import strategies as st

from limner_host.digests import DigestCache
from limner_host.discovery import all_sources, discover
from limner_host.library import Library
from limner_host.metadata.draft import Draft
from limner_host.metadata.grammar import parsed
from limner_host.metadata.reading import read_settings
from limner_host.registry import Registry
from limner_sdk import Request
from limner_sdk.folders import DataFolder

REGISTRY = Registry(discover(sources=all_sources(None)))
#: The library of a data folder that holds nothing.
LIBRARY = Library(DataFolder(Path("no-such-folder")), DigestCache(None), torch.device("cpu"), torch.float32)

#: Any text, with what infotexts are taken apart by strewn in.
SIGNS = st.sampled_from(
    [
        "\n",
        ",",
        ":",
        '"',
        "\\",
        " ",
        "Negative prompt:",
        "\nNegative prompt: x",
        "\nSteps: 1, Seed: 2, Size: 8x8",
        "🐱",
        "ä",
        "猫",
    ]
)
WORDS = st.lists(st.one_of(SIGNS, st.text(max_size=8)), max_size=10).map("".join)
#: What comes back as it was: without other ends of lines, and with something in it.
PROMPTS = WORDS.filter(lambda text: "\r" not in text).map(str.strip).filter(bool)


def read_text(text: str) -> tuple[Request, tuple[str, ...]]:
    """The request and the notices that an infotext gives."""
    draft = Draft()
    read_settings(parsed(text), draft, REGISTRY)
    return draft.request(), draft.notices


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    """A node of ComfyUI's."""
    return {"class_type": kind, "inputs": inputs}


def plain_graph(**changes: dict[str, Any]) -> dict[str, Any]:
    """ComfyUI's first example: a checkpoint, two prompts, an empty latent and a KSampler."""
    sampler = {"seed": 8566257, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "scheduler": "normal"}
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    graph = {
        "3": node("KSampler", **sampler, **links, denoise=1.0),
        "4": node("CheckpointLoaderSimple", ckpt_name="pocket.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=768, batch_size=1),
        "6": node("CLIPTextEncode", text="a glass bottle", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="text, watermark", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="ComfyUI"),
    }
    for key, inputs in changes.items():
        name = key.removeprefix("n")
        graph[name] = (
            inputs if "class_type" in inputs else node(graph[name]["class_type"], **graph[name]["inputs"] | inputs)
        )
    return graph


def as_text(graph: dict[str, Any]) -> str:
    """A graph as its PNG chunk."""
    return json.dumps(graph)
