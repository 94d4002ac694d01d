"""Control networks at a millionth of their size: real diffusers classes, random weights, real files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor

from . import original_keys

#: What makes a tiny UNet one of SDXL's.
SDXL: dict[str, Any] = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 6 * 8 + 24,
    "transformer_layers_per_block": (1, 2),
}
_OWN = {
    "controlnet_cond_embedding.conv_in": "input_hint_block.0",
    "controlnet_cond_embedding.conv_out": "input_hint_block.14",
    "controlnet_mid_block": "middle_block_out.0",
}


def tiny_control(unet: UNet2DConditionModel, seed: int = 0, **options: Any) -> ControlNetModel:
    """A control network for `unet` whose zero convolutions have been filled, so that it has something to say."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ControlNetModel.from_unet(unet, load_weights_from_unet=False, **options)
        silent = (network.controlnet_down_blocks, network.controlnet_mid_block, network.controlnet_cond_embedding)
        with torch.no_grad():
            for part in silent:
                for weight in part.parameters():
                    weight.normal_(0, 0.2)
    return network.eval()


def save_original(network: ControlNetModel, file: Path, prefix: str = "control_model.") -> Path:
    """The network as one file with the original keys of its inventors, arXiv:2302.05543."""
    state = _original(network.state_dict(), int(network.config["layers_per_block"]))
    save_file({prefix + key: value.contiguous() for key, value in state.items()}, file)
    return file


def _original(state: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    own = {key: value for key, value in state.items() if key.startswith("controlnet_")}
    shared = {key: value for key, value in state.items() if key not in own}
    return original_keys.unet(shared, layers) | {_own_key(key): value for key, value in own.items()}


def _own_key(key: str) -> str:
    for new, old in _OWN.items():
        if key.startswith(f"{new}."):
            return key.replace(new, old, 1)
    if key.startswith("controlnet_down_blocks."):
        _, number, rest = key.split(".")
        return f"zero_convs.{number}.0.{rest}"
    _, _, number, rest = key.split(".")
    return f"input_hint_block.{2 * int(number) + 2}.{rest}"
