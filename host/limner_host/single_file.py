"""What a single-file checkpoint lacks: the shapes of its networks, and the tokenizer."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from safetensors import safe_open

from limner_sdk import UnusableModel

from .weight_files import naming, read_json

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

_CONFIGS: Final = Path(__file__).parent / "families" / "configs"
_MERGES: Final = 48_894
_NETWORK: Final = "model.diffusion_model."
_READS_PICTURE: Final = f"{_NETWORK}input_blocks.0.0.weight"
#: Where the UNet first reads the prompt; SDXL's first level does not read it.
_READS_PROMPT: Final = tuple(
    f"{_NETWORK}input_blocks.{block}.1.transformer_blocks.0.attn2.to_k.weight" for block in (1, 4)
)
#: The width of the text that the UNet reads tells the families apart, what it sees of the picture the use.
_FAMILIES: Final = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
_USES: Final = {4: "", 9: "_inpaint"}
#: SD3's models differ in the number of blocks, and in the places that the patches of a picture may have.
_READS_PATCHES: Final = f"{_NETWORK}pos_embed"
_LAST_OF_LARGE: Final = f"{_NETWORK}joint_blocks.37.x_block.mlp.fc1.weight"
_PLACES: Final = {192**2: "sd3_medium", 384**2: "sd3_5_medium"}
#: Playground v2.5 has the shapes of SDXL, but another kind of noise levels.
_OTHER_LEVELS: Final = "edm_mean"
_T5: Final = "text_encoders.t5xxl.transformer.shared.weight"
TOKENS: Final = 77


def configs_for(file: Path) -> Path:
    """The folder of configs for a checkpoint: one of the same stem beside it, else its family's.

    Raises `UnusableModel` for a checkpoint of no known family.
    """
    beside = file.with_suffix("")
    if (beside / "model_index.json").is_file():
        return beside
    name = config_name(file)
    if name is None:
        raise UnusableModel(
            f"model file {file.name} is of no known family; put its diffusers configs into a folder {beside.name} there"
        )
    return _CONFIGS / name


def config_name(file: Path) -> str | None:
    """Which of the configs carried with the program fit a checkpoint, told by the shapes of a few tensors.

    What comes before the first underscore is the family. Raises what safetensors raises for a damaged file.
    """
    with safe_open(file, framework="numpy") as tensors:
        keys = set(tensors.keys())

        def width(key: str) -> int:
            return int(tensors.get_slice(key).get_shape()[1])

        if _READS_PATCHES in keys:
            return "sd3_5_large" if _LAST_OF_LARGE in keys else _PLACES.get(width(_READS_PATCHES))
        text = next((width(key) for key in _READS_PROMPT if key in keys), 0)
        channels = width(_READS_PICTURE) if _READS_PICTURE in keys else 4
    if text not in _FAMILIES or channels not in _USES or _OTHER_LEVELS in keys:
        return None
    return _FAMILIES[text] + _USES[channels]


def has_t5(file: Path) -> bool:
    """Whether a checkpoint of SD3 carries the third text encoder."""
    with safe_open(file, framework="numpy") as tensors:
        return _T5 in tensors.keys()


def scheduler_for(file: Path, configs: Path) -> dict[str, Any]:
    """The scheduler's config, corrected by what the file itself says of its training.

    Checkpoints that predict velocities say so in their metadata (ModelSpec) or by a tensor called ``v_pred``, those
    whose last level is nothing but noise by one called ``ztsnr``. Configs beside the file are left as they are.
    """
    scheduler = read_json(configs / "scheduler" / "scheduler_config.json")
    if configs.parent != _CONFIGS or "beta_start" not in scheduler:
        return scheduler
    with safe_open(file, framework="numpy") as tensors:
        keys, said = set(tensors.keys()), (tensors.metadata() or {}).get("modelspec.prediction_type")
    if "v_pred" in keys or said in ("v", "epsilon"):
        scheduler["prediction_type"] = "epsilon" if said == "epsilon" and "v_pred" not in keys else "v_prediction"
    return scheduler | ({"rescale_betas_zero_snr": True} if "ztsnr" in keys else {})


def tokenizer_for(configs: Path, part: str = "tokenizer") -> CLIPTokenizer:
    """The tokenizer that lies with the configs, else CLIP's own. Raises `UnusableModel` for a damaged one."""
    from transformers import CLIPTokenizer

    if (configs / part).is_dir():
        with naming(configs, part):
            return CLIPTokenizer.from_pretrained(configs / part, local_files_only=True)
    # OpenCLIP, the text encoder of SD2 and the second one later, fills prompts up with token 0, not the end token.
    filler = "!" if part == "tokenizer_2" or configs.name.startswith("sd2") else "<|endoftext|>"
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
