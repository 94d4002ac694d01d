"""Textual inversion (arXiv:2208.01618): files of learnt vectors, each of which a word in a prompt stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from safetensors import SafetensorError, safe_open

from limner_sdk import UnusableModel

from .files import NamedFiles
from .header import Header, read_header

if TYPE_CHECKING:
    from torch import Tensor

#: Ten chunks of a prompt.
MOST_VECTORS: Final = 750
#: Learnt vectors are smaller than this by far.
LARGEST_NUMBER: Final = 1e4
_WIDTHS: Final = {768: "sd1", 1024: "sd2"}
_ENCODERS: Final = {
    "clip_l": "clip_l",
    "clip_g": "clip_g",
    "text_encoders_0": "clip_l",
    "text_encoders_1": "clip_g",
    "emb_params": "clip_l",
    "*": "clip_l",
    "string_to_param.*": "clip_l",
}


class EmbeddingFiles(NamedFiles):
    """The textual inversion files of a folder."""

    kind: ClassVar[Literal["lora", "embedding", "vae"]] = "embedding"

    def words(self) -> tuple[str, ...]:
        """What stands for a file in a prompt: its full name, and its stem if no other file has it."""
        names = self.names()
        stems = Counter(name.rpartition("/")[2].casefold() for name in names)
        short = (name.rpartition("/")[2] for name in names)
        return tuple(dict.fromkeys([*names, *(stem for stem in short if stems[stem.casefold()] == 1)]))

    def in_prompt(self, text: str) -> tuple[str, ...]:
        """The words of `text` that are embeddings, spelt as `words` has them, each once, in the order of the text.

        A word is whole, in any case, and the longest name wins where several begin. `find` and `read` take it.
        """
        longest_first = sorted(self.words(), key=len, reverse=True)
        pattern = "|".join(f"({re.escape(word)})" for word in longest_first)
        found = re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE) if longest_first else ()
        return tuple(dict.fromkeys(longest_first[(match.lastindex or 1) - 1] for match in found))

    def read(self, name: str) -> Mapping[str, Tensor]:
        """The vectors of a file, see `read_embedding`. Raises `UnknownName`, `AmbiguousName` or `UnusableModel`."""
        return read_embedding(self.find(name))

    def _hash(self, file: Path, header: Header, digest: str) -> str:
        return digest[:12]

    def _family(self, header: Header) -> str:
        by_encoder = {_encoder(key, len(header.shapes)): shape for key, shape in header.shapes.items()}
        if "clip_g" in by_encoder:
            return "sdxl"
        shape = by_encoder.get("clip_l", ())
        return _WIDTHS.get(shape[-1], "") if shape else ""

    def _summary(self, header: Header) -> str:
        by_encoder = {_encoder(key, len(header.shapes)): shape for key, shape in header.shapes.items()}
        shape = next((shape for encoder, shape in by_encoder.items() if encoder), ())
        if not shape:
            return "no vectors that are read here"
        count = shape[0] if len(shape) > 1 else 1
        return f"{count} vector{'s' if count != 1 else ''} of {shape[-1]}"


def read_embedding(file: Path) -> Mapping[str, Tensor]:
    """The vectors (n, D) of a textual inversion by text encoder: ``clip_l``, for SDXL and SD3 also ``clip_g``.

    Those of a file for a model with one text encoder are under ``clip_l``. Raises `UnusableModel` for a file that is
    damaged or holds none.
    """
    keys = read_header(file, "embedding").shapes
    encoders = {encoder: key for key in keys if (encoder := _encoder(key, len(keys)))}
    if not encoders:
        remedy = "it should hold emb_params, or clip_l and clip_g; take another file"
        raise UnusableModel(f"embedding {file.stem}: it has no vectors that are read here; {remedy}")
    try:
        with safe_open(file, framework="pt") as stored:
            return {encoder: _checked(file, stored.get_tensor(key).clone()) for encoder, key in encoders.items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise UnusableModel(f"embedding {file.stem}: it is damaged ({error}); fetch it again") from None


def _encoder(key: str, tensors: int) -> str:
    """The text encoder that a tensor is for; the only tensor of a file may be called after its word."""
    return _ENCODERS.get(key, "clip_l" if tensors == 1 else "")


def _checked(file: Path, vectors: Tensor) -> Tensor:
    """Float32 vectors (n, D); a single one may come as (D,)."""
    import torch

    table = vectors[None] if vectors.ndim == 1 else vectors
    if table.ndim != 2 or not table.is_floating_point() or 0 in table.shape:
        shape = "x".join(str(side) for side in vectors.shape)
        raise UnusableModel(f"embedding {file.stem}: it holds no vectors ({shape}); take another file")
    if len(table) > MOST_VECTORS:
        raise UnusableModel(f"embedding {file.stem}: it holds {len(table)} vectors; the most is {MOST_VECTORS}")
    if not bool(torch.isfinite(table.float()).all()):
        raise UnusableModel(f"embedding {file.stem}: it has numbers that are not finite; fetch it again")
    if (largest := float(table.float().abs().max())) > LARGEST_NUMBER:
        most = f"{LARGEST_NUMBER:g}"
        raise UnusableModel(
            f"embedding {file.stem}: it has numbers up to {largest:.3g}; the most is {most}, take another"
        )
    return table.float()
