"""What a file tells about itself without a tensor being read: shapes, metadata, family and kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safetensors import safe_open

from limner_host.weight_files import check_safetensors

from .names import BACKBONE, Address, parsed

#: How people write the families.
LABELS: Final = {"sd1": "SD1", "sd2": "SD2", "sdxl": "SDXL", "sd3": "SD3", "flux": "Flux"}

#: Modules by whose width of input a family can be told; the first one that tells counts.
_TELLING: Final[tuple[tuple[str, re.Pattern[str], Mapping[int, str]], ...]] = (
    (BACKBONE, re.compile(r".*attn2_to_[kv]"), {768: "sd1", 1024: "sd2", 2048: "sdxl"}),
    (
        BACKBONE,
        re.compile(r"transformer_blocks_\d+_attn_to_[qkv]|joint_blocks_\d+_x_block_attn_qkv"),
        {1536: "sd3", 2432: "sd3", 3072: "flux"},
    ),
    (BACKBONE, re.compile(r"double_blocks_\d+_img_attn_qkv"), {3072: "flux"}),
    ("text_encoder_2", re.compile(r".*_q_proj"), {1280: "sdxl"}),
    ("text_encoder", re.compile(r".*_q_proj"), {768: "sd1", 1024: "sd2"}),
)
#: Pieces of what trainers write into `ss_base_model_version` and `modelspec.architecture`.
_WORDS: Final = {
    "sd_v1": "sd1",
    "stable-diffusion-v1": "sd1",
    "sd_v2": "sd2",
    "stable-diffusion-v2": "sd2",
    "sdxl": "sdxl",
    "stable-diffusion-xl": "sdxl",
    "sd3": "sd3",
    "stable-diffusion-3": "sd3",
    "flux": "flux",
}
_KINDS: Final = {
    "up": "LoRA",
    "hada_w1_a": "LoHa",
    "lokr_w1": "LoKr",
    "lokr_w1_a": "LoKr",
    "on_input": "IA3",
    "diff": "whole weights",
}
_BASE, _ARCHITECTURE, _MODULE = "ss_base_model_version", "modelspec.architecture", "ss_network_module"


@dataclass(frozen=True)
class Header:
    """A safetensors file's header."""

    metadata: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def said(self) -> str:
        """The base that the file's metadata names, in its trainer's words; empty if they do not."""
        return self.metadata.get(_BASE) or self.metadata.get(_ARCHITECTURE) or ""

    @property
    def family(self) -> str:
        """``sd1``, ``sd2``, ``sdxl``, ``sd3`` or ``flux``: by its shapes, else its metadata; empty if neither tells."""
        return family_in(_widths(self.shapes)) or _family_in_words(self.said)

    @property
    def kind(self) -> str:
        """LoRA, LoHa, LoKr, IA3, or what the trainer calls it; empty if that cannot be told."""
        roles = [role for _, role in _roles(self.shapes)]
        kind = next((_KINDS[role] for role in roles if role in _KINDS), self.metadata.get(_MODULE, ""))
        return f"{kind} with DoRA" if {"dora_scale", "magnitude"} & {*roles} else kind

    @property
    def rank(self) -> int:
        """The largest rank in the file, 0 if it has none."""
        sides = {"down": 0, "hada_w1_b": 0, "lokr_w1_b": 0, "lokr_w2_b": 0}
        named = ((role, self.shapes[key]) for key, role in _roles(self.shapes))
        return max((shape[sides[role]] for role, shape in named if role in sides and shape), default=0)

    @property
    def summary(self) -> str:
        """Kind, rank and base in one line, as far as they can be told."""
        parts = self.kind, self.rank and f"rank {self.rank}", self.said and f"for {self.said}"
        # Metadata is whatever somebody wrote there.
        return ", ".join(part[:60] for part in parts if part and part.isprintable())


def read_header(file: Path, kind: str) -> Header:
    """The header of a safetensors file. Raises `UnusableModel` for a damaged one, which is called a file of `kind`."""
    check_safetensors(file, f"{kind} file")
    with safe_open(file, framework="numpy") as tensors:
        shapes = {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}
        return Header(tensors.metadata() or {}, shapes)


def family_in(widths: Iterable[tuple[Address, int]]) -> str:
    """The family that the widths (inputs of a layer) of some modules tell; empty if they do not."""
    known = list(widths)
    for network, pattern, families in _TELLING:
        for address, width in known:
            if address.network == network and width in families and pattern.fullmatch(address.module):
                return families[width]
    return ""


def _family_in_words(said: str) -> str:
    return next((family for word, family in _WORDS.items() if said.casefold().startswith(word)), "")


def _roles(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    for key in keys:
        if place := parsed(key):
            yield key, place[1]


def _widths(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[Address, int]]:
    """How many inputs each module has, of a Kronecker product the product of both factors'."""
    factors: dict[Address, dict[str, int]] = {}
    for key, shape in shapes.items():
        place = parsed(key)
        if place is None or len(shape) < 2:
            continue
        address, role = place
        if role in ("down", "hada_w1_b", "diff"):
            yield address, shape[1]
        elif found := re.fullmatch(r"lokr_(w[12])(_b)?", role):
            factors.setdefault(address, {})[found[1]] = shape[1]
    for address, widths in factors.items():
        if len(widths) == 2:
            yield address, widths["w1"] * widths["w2"]
