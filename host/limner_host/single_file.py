"""What a single-file checkpoint lacks: the shapes of its networks, and the tokenizer."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Final

from safetensors import safe_open

from limner_sdk import UnusableModel

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

_CONFIGS: Final = Path(__file__).parent / "families" / "configs"
_MERGES: Final = 48_894
_READS_PROMPT: Final = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
#: The width of the text that the UNet reads tells the families apart.
_FAMILIES: Final = {768: "sd1", 1024: "sd2"}
TOKENS: Final = 77


def configs_for(file: Path) -> Path:
    """The folder of configs for a checkpoint: one of the same stem beside it, else its family's.

    Raises `UnusableModel` for a checkpoint of no known family.
    """
    beside = file.with_suffix("")
    if (beside / "model_index.json").is_file():
        return beside
    with safe_open(file, framework="numpy") as tensors:
        width = tensors.get_slice(_READS_PROMPT).get_shape()[1] if _READS_PROMPT in tensors.keys() else None
    if width not in _FAMILIES:
        raise UnusableModel(
            f"model file {file.name} is of no known family; put its diffusers configs into a folder {beside.name} there"
        )
    return _CONFIGS / _FAMILIES[width]


def tokenizer_for(configs: Path) -> CLIPTokenizer:
    """The tokenizer that lies with the configs, else CLIP's own."""
    from transformers import CLIPTokenizer

    if (configs / "tokenizer").is_dir():
        return CLIPTokenizer.from_pretrained(configs / "tokenizer", local_files_only=True)
    # OpenCLIP, the text encoder of the second family, fills prompts up with token 0 instead of the end token.
    filler = "!" if configs.name == "sd2" else "<|endoftext|>"
    merges = _clip_merges()
    return CLIPTokenizer(vocab=_clip_vocabulary(merges), merges=merges, model_max_length=TOKENS, pad_token=filler)


def _clip_merges() -> list[tuple[str, str]]:
    with gzip.open(_CONFIGS / "clip_merges.txt.gz", "rt", encoding="utf-8") as stream:
        lines = stream.read().split("\n")[1 : _MERGES + 1]
    return [(first, second) for first, second in (line.split() for line in lines)]


def _clip_vocabulary(merges: list[tuple[str, str]]) -> dict[str, int]:
    """CLIP's numbering: the bytes, the bytes that end a word, the merges, start and end (arXiv:2103.00020)."""
    letters = [chr(code) for code in _bytes_in_clip_order()]
    words = [*letters, *(letter + "</w>" for letter in letters), *(first + second for first, second in merges)]
    return {word: number for number, word in enumerate([*words, "<|startoftext|>", "<|endoftext|>"])}


def _bytes_in_clip_order() -> list[int]:
    """The characters that stand for the 256 bytes: printable ones for themselves, the rest from 256 upwards."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return printable + [256 + n for n in range(256 - len(printable))]
