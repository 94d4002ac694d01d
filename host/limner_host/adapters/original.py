"""The modules of diffusers' UNet under the names that they have in the original checkpoints, arXiv:2112.10752."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count
from typing import Final

_TOP: Final = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
_IN_RESNET: Final = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}


def original_names(modules: Collection[str]) -> dict[str, str]:
    """The original name of each module of a UNet, by its name in diffusers; those that had no counterpart are absent.

    Original blocks are counted through: every resnet with its attention is one, every downsampler one of its own, and
    an upsampler is the last part of the block before it.
    """
    known = frozenset(modules)
    blocks = _TOP | dict(_down(known)) | dict(_up(known))
    return {module: name for module in known if (name := _renamed(module, blocks))}


def _down(modules: Collection[str]) -> Iterator[tuple[str, str]]:
    number = count(1)
    for block in _numbered("down_blocks", modules):
        for layer in _numbered(f"{block}.resnets", modules):
            place = f"input_blocks.{next(number)}"
            yield layer, f"{place}.0"
            yield layer.replace("resnets", "attentions"), f"{place}.1"
        if f"{block}.downsamplers.0" in modules:
            yield f"{block}.downsamplers.0.conv", f"input_blocks.{next(number)}.0.op"


def _up(modules: Collection[str]) -> Iterator[tuple[str, str]]:
    number = count()
    for block in _numbered("up_blocks", modules):
        place = ""
        for layer in _numbered(f"{block}.resnets", modules):
            place = f"output_blocks.{next(number)}"
            yield layer, f"{place}.0"
            yield layer.replace("resnets", "attentions"), f"{place}.1"
        after = 2 if f"{block}.attentions.0" in modules else 1
        yield f"{block}.upsamplers.0", f"{place}.{after}"


def _numbered(parent: str, modules: Collection[str]) -> Iterator[str]:
    """`parent`.0, `parent`.1 … as long as there is such a module."""
    for number in count():
        if f"{parent}.{number}" not in modules:
            return
        yield f"{parent}.{number}"


def _renamed(module: str, blocks: dict[str, str]) -> str | None:
    """The name of a module, by that of the block that it lies in."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        block, rest = ".".join(parts[:length]), ".".join(parts[length:])
        if block in blocks:
            inner = _IN_RESNET.get(rest, rest) if "resnets" in block else rest
            return f"{blocks[block]}.{inner}" if inner else blocks[block]
    return None
