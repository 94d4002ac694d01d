"""The weights of diffusers' networks under the names that the original checkpoints have."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

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
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_VAE = {
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
_OPEN_CLIP = {
    "text_model.": "",
    "embeddings.token_embedding": "token_embedding",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm": "ln_final",
    "encoder.layers.": "transformer.resblocks.",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn": "attn",
    "text_projection.weight": "text_projection",
}
_SD3 = {
    "pos_embed.pos_embed": "pos_embed",
    "pos_embed.proj": "x_embedder.proj",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
    "transformer_blocks": "joint_blocks",
    "attn.to_out.0": "x_block.attn.proj",
    "attn.to_add_out": "context_block.attn.proj",
    "norm1.linear": "x_block.adaLN_modulation.1",
    "norm1_context.linear": "context_block.adaLN_modulation.1",
    "ff.net.0.proj": "x_block.mlp.fc1",
    "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1",
    "ff_context.net.2": "context_block.mlp.fc2",
}


def unet(state: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """A UNet's weights, without prefix; `layers` per block."""
    return {_unet_key(key, layers, state): value for key, value in state.items()}


def _unet_key(key: str, layers: int, state: Mapping[str, Tensor]) -> str:
    for new, old in _TOP.items():
        if key.startswith(f"{new}."):
            return key.replace(new, old, 1)
    if key.startswith("mid_block."):
        _, kind, number, rest = key.split(".", 3)
        place = 1 if kind == "attentions" else 2 * int(number)
        return f"middle_block.{place}.{_resnet(rest) if kind == 'resnets' else rest}"
    side, block, kind, number, rest = key.split(".", 4)
    if side == "down_blocks":
        if kind == "downsamplers":
            return f"input_blocks.{(layers + 1) * (int(block) + 1)}.0.op.{rest.removeprefix('conv.')}"
        return f"input_blocks.{(layers + 1) * int(block) + int(number) + 1}.{_inside(kind, rest)}"
    if kind == "upsamplers":
        # It comes after the resnet, and after the attention where there is one.
        place = 1 + any(other.startswith(f"up_blocks.{block}.attentions.") for other in state)
        return f"output_blocks.{(layers + 1) * int(block) + layers}.{place}.{rest}"
    return f"output_blocks.{(layers + 1) * int(block) + int(number)}.{_inside(kind, rest)}"


def _inside(kind: str, rest: str) -> str:
    return f"0.{_resnet(rest)}" if kind == "resnets" else f"1.{rest}"


def _resnet(rest: str) -> str:
    layer, kind = rest.rsplit(".", 1)
    return f"{_RESNET[layer]}.{kind}"


def vae(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """An autoencoder's weights, without prefix; attention is a 1x1 convolution there."""
    tensors = {}
    for key, value in state.items():
        name = _renamed(key, _VAE)
        for block in range(4):
            name = name.replace(f"down_blocks.{block}.", f"down.{block}.")
            name = name.replace(f"up_blocks.{block}.", f"up.{3 - block}.")
        is_attention = ".attn_1." in name and name.endswith(".weight") and value.ndim == 2
        tensors[name] = value[:, :, None, None] if is_attention else value
    return tensors


def clip(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of OpenAI's CLIP, without prefix."""
    named = {key if key.startswith("text_model.") else f"text_model.{key}": value for key, value in state.items()}
    return {key: value for key, value in named.items() if not key.endswith("position_ids")}


def open_clip(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of OpenCLIP, without prefix: query, key and value in one, and the projection turned round."""
    tensors = {}
    for key, value in state.items():
        if ".q_proj." in key:
            whole = torch.cat([state[key.replace(".q_proj.", f".{part}_proj.")] for part in "qkv"])
            tensors[_renamed(key.replace("q_proj.", "in_proj_"), _OPEN_CLIP)] = whole
        elif ".k_proj." not in key and ".v_proj." not in key:
            name = _renamed(key, _OPEN_CLIP)
            tensors[name] = value.T if name == "text_projection" else value
    return tensors


def sd3(state: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """The weights of SD3's transformer, without prefix: query, key and value in one, shift before scale."""
    tensors = {}
    for key, value in state.items():
        for first, side, rest in (("to_q", "x_block", "to"), ("add_q_proj", "context_block", "add")):
            if f".{first}." in key:
                parts = [key.replace(first, f"to_{p}" if rest == "to" else f"add_{p}_proj") for p in "qkv"]
                name = key.replace("transformer_blocks", "joint_blocks").replace(f"attn.{first}", f"{side}.attn.qkv")
                tensors[name] = torch.cat([state[part] for part in parts])
        if not any(f".{part}." in key for part in _QKV):
            last = key.startswith((f"transformer_blocks.{blocks - 1}.norm1_context.", "norm_out."))
            tensors[_renamed(key, _SD3)] = torch.cat(value.chunk(2)[::-1]) if last else value
    return tensors


_QKV = [f"to_{p}" for p in "qkv"] + [f"add_{p}_proj" for p in "qkv"]


def _renamed(key: str, words: Mapping[str, str]) -> str:
    for new, old in words.items():
        key = key.replace(new, old)
    return key
