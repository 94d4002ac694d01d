"""The modules of diffusers' SD3 transformer under the names that they have in the original checkpoints."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Final

_TOP: Final[dict[str, tuple[str, ...]]] = {
    "x_embedder.proj": ("pos_embed.proj",),
    "context_embedder": ("context_embedder",),
    "t_embedder.mlp.0": ("time_text_embed.timestep_embedder.linear_1",),
    "t_embedder.mlp.2": ("time_text_embed.timestep_embedder.linear_2",),
    "y_embedder.mlp.0": ("time_text_embed.text_embedder.linear_1",),
    "y_embedder.mlp.2": ("time_text_embed.text_embedder.linear_2",),
    "final_layer.linear": ("proj_out",),
}
_IN_BLOCK: Final = {
    "x_block.attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "x_block.attn.proj": ("attn.to_out.0",),
    "x_block.attn2.qkv": ("attn2.to_q", "attn2.to_k", "attn2.to_v"),
    "x_block.attn2.proj": ("attn2.to_out.0",),
    "x_block.mlp.fc1": ("ff.net.0.proj",),
    "x_block.mlp.fc2": ("ff.net.2",),
    "x_block.adaLN_modulation.1": ("norm1.linear",),
    "context_block.attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
    "context_block.attn.proj": ("attn.to_add_out",),
    "context_block.mlp.fc1": ("ff_context.net.0.proj",),
    "context_block.mlp.fc2": ("ff_context.net.2",),
    "context_block.adaLN_modulation.1": ("norm1_context.linear",),
}


def original_sd3_names(modules: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each original name the modules that it became, in the order of their rows in the original's weight.

    The last modulations are absent, because diffusers keeps their two halves the other way round.
    """
    known = frozenset(modules)
    names = dict(_TOP)
    for number in count():
        block = f"transformer_blocks.{number}"
        if block not in known:
            break
        is_last = f"transformer_blocks.{number + 1}" not in known
        for original, inner in _IN_BLOCK.items():
            if not (is_last and inner == ("norm1_context.linear",)):
                names[f"joint_blocks.{number}.{original}"] = tuple(f"{block}.{part}" for part in inner)
    return {original: parts for original, parts in names.items() if known.issuperset(parts)}
