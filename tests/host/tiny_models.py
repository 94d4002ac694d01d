"""Stable Diffusion at a millionth of its size: real diffusers classes, random weights, real files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from limner_plugins.pocket import WEIGHTS

WIDTH = 16
LAYERS = 1
SCHEDULER = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}


def tiny_parts() -> tuple[UNet2DConditionModel, AutoencoderKL, CLIPTextModel, CLIPTokenizer]:
    """The four parts, their weights drawn from one seed."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", local_files_only=True)
        unet = UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(16, 32),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=LAYERS,
            attention_head_dim=2,
            norm_num_groups=4,
            cross_attention_dim=WIDTH,
        )
        vae = AutoencoderKL(
            block_out_channels=(8, 8, 8, 8),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=LAYERS,
            norm_num_groups=4,
            latent_channels=4,
        )
        encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=WIDTH,
                intermediate_size=2 * WIDTH,
                projection_dim=WIDTH,
                num_hidden_layers=2,
                num_attention_heads=2,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        )
    return unet, vae, encoder, tokenizer


def tiny_folder(folder: Path, *, prediction: str = "epsilon", variant: str | None = None) -> Path:
    """A diffusers folder, saved by the libraries themselves."""
    unet, vae, encoder, tokenizer = tiny_parts()
    unet.save_pretrained(folder / "unet", variant=variant)
    vae.save_pretrained(folder / "vae", variant=variant)
    encoder.save_pretrained(folder / "text_encoder", variant=variant)
    tokenizer.save_pretrained(folder / "tokenizer")
    (folder / "scheduler").mkdir()
    scheduler = {"_class_name": "DDIMScheduler", "clip_sample": False, "prediction_type": prediction} | SCHEDULER
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.34.0",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def tiny_checkpoint(file: Path, folder: Path) -> Path:
    """The same weights as one file with the original keys, and the folder's configs beside it."""
    unet, vae, encoder, _ = tiny_parts()
    tensors = {f"model.diffusion_model.{_unet_key(key)}": value for key, value in unet.state_dict().items()}
    for key, value in vae.state_dict().items():
        name = _vae_key(key)
        is_attention = ".attn_1." in name and name.endswith(".weight") and value.ndim == 2
        tensors[f"first_stage_model.{name}"] = value[:, :, None, None] if is_attention else value
    for key, value in encoder.state_dict().items():
        name = key if key.startswith("text_model.") else f"text_model.{key}"
        tensors[f"cond_stage_model.transformer.{name}"] = value
    save_file({key: value.contiguous() for key, value in tensors.items()}, file)
    configs = shutil.ignore_patterns("*.safetensors")
    shutil.copytree(folder, file.with_suffix(""), ignore=configs)
    return file


_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_TOP = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}


def _unet_key(key: str) -> str:
    """diffusers' name of a UNet weight in the words of the original checkpoints."""
    for new, old in _TOP.items():
        if key.startswith(f"{new}."):
            return key.replace(new, old, 1)
    if key.startswith("mid_block."):
        _, kind, number, rest = key.split(".", 3)
        place = 1 if kind == "attentions" else 2 * int(number)
        return f"middle_block.{place}.{_resnet(rest) if kind == 'resnets' else rest}"
    side, block, kind, number, rest = key.split(".", 4)
    if side == "down_blocks":
        at = (LAYERS + 1) * int(block) + int(number) + 1
        if kind == "downsamplers":
            return f"input_blocks.{(LAYERS + 1) * (int(block) + 1)}.0.op.{rest.removeprefix('conv.')}"
        return f"input_blocks.{at}.{_inside(kind, rest)}"
    at = (LAYERS + 1) * int(block) + int(number)
    if kind == "upsamplers":
        # The first of the two upper blocks reads no prompt, so its upsampler comes right after the resnet.
        return f"output_blocks.{(LAYERS + 1) * int(block) + LAYERS}.1.{rest}"
    return f"output_blocks.{at}.{_inside(kind, rest)}"


def _inside(kind: str, rest: str) -> str:
    return f"0.{_resnet(rest)}" if kind == "resnets" else f"1.{rest}"


def _resnet(rest: str) -> str:
    layer, kind = rest.rsplit(".", 1)
    return f"{_RESNET[layer]}.{kind}"


def _vae_key(key: str) -> str:
    """diffusers' name of an autoencoder weight in the words of the original checkpoints."""
    words: dict[str, str] = {
        "conv_norm_out": "norm_out",
        "mid_block.resnets.0": "mid.block_1",
        "mid_block.resnets.1": "mid.block_2",
        "mid_block.attentions.0": "mid.attn_1",
        "group_norm": "norm",
        "to_q": "q",
        "to_k": "k",
        "to_v": "v",
        "to_out.0": "proj_out",
        "conv_shortcut": "nin_shortcut",
        "downsamplers.0": "downsample",
        "upsamplers.0": "upsample",
        "resnets": "block",
    }
    for new, old in words.items():
        key = key.replace(new, old)
    for block in range(4):
        key = key.replace(f"down_blocks.{block}.", f"down.{block}.").replace(f"up_blocks.{block}.", f"up.{3 - block}.")
    return key


def state(model: Any, seed: int = 1) -> tuple[Tensor, Any]:
    """A noisy latent and an encoded prompt for a tiny model."""
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed)) * 5
    return x, model.encode_prompts(["a red circle"])
