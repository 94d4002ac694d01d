"""Adapter files for the tests: written key by key, as trainers write them, and by peft itself."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

#: One attention layer of the tiny UNet, (16, 16), and a convolution, (16, 16, 3, 3).
QUERY = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
CONV = "down_blocks.0.resnets.0.conv1"


def kohya(module: str, prefix: str = "lora_unet_") -> str:
    """The name that kohya's trainer gives a module."""
    return prefix + module.replace(".", "_")


def numbers(*shape: int, seed: int = 0) -> Tensor:
    """Small random numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 0.1


def low_rank(stem: str, out: int = 16, into: int = 16, rank: int = 4, alpha: float | None = 2.0) -> dict[str, Tensor]:
    """The tensors of a LoRA for one linear layer, as kohya's trainer writes them."""
    tensors = {
        f"{stem}.lora_down.weight": numbers(rank, into, seed=len(stem)),
        f"{stem}.lora_up.weight": numbers(out, rank, seed=1),
    }
    return tensors if alpha is None else tensors | {f"{stem}.alpha": torch.tensor(alpha)}


def product(tensors: Mapping[str, Tensor], stem: str) -> Tensor:
    """What `low_rank` means."""
    up, down = tensors[f"{stem}.lora_up.weight"], tensors[f"{stem}.lora_down.weight"]
    return tensors[f"{stem}.alpha"] / len(down) * up @ down


def written(file: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> Path:
    """A safetensors file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, file, dict(metadata or {}))
    return file


def by_peft(network: nn.Module, config: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The tensors of an adapter that peft has made and drawn at random, and the weights that peft merges it into."""
    from peft import get_peft_model, get_peft_model_state_dict

    with torch.random.fork_rng():
        torch.manual_seed(1)
        adapted = get_peft_model(copy.deepcopy(network), config)  # type: ignore[arg-type]
        for name, weight in adapted.named_parameters():
            if any(kind in name for kind in ("lora_A", "lora_B", "hada_", "lokr_")):
                weight.data.normal_(0, 0.2)
            elif "magnitude" in name:
                weight.data.uniform_(0.5, 1.5)
    tensors = {key: value.clone() for key, value in get_peft_model_state_dict(adapted).items()}
    return tensors, dict(adapted.merge_and_unload().state_dict())


def print_of(*networks: nn.Module) -> str:
    """A digest of all weights, bit by bit."""
    digest = hashlib.sha256()
    for network in networks:
        for key, value in network.state_dict().items():
            digest.update(key.encode() + value.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
