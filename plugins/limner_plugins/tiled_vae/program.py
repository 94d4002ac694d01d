"""diffusers' autoencoder as a list of steps: its modules are read, and never touched.

Between two group norms lies exactly one convolution, so a step is: norm, activation, convolution, residual.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final, NamedTuple, TypeAlias

import torch
from torch import nn

from limner_sdk import InvalidRequest


class Reach(NamedTuple):
    """The rows of its input that a run of windows sees: `above` and `below` rows of zeros, and `first` to `last`."""

    above: int
    first: int
    last: int
    below: int


@dataclass(frozen=True, eq=False)
class Layer:
    """One convolution with the norm and activation before it.

    A window is what one row of the convolution's result is made of; a layer that is `up` makes two rows of pixels out
    of each. `pads` are zeros left, right, above and below. `opens` begins a residual branch with the layer's input,
    and `closes` adds it, through `shortcut` if there is one; the sum is divided by `divisor`.
    """

    conv: nn.Conv2d
    pads: tuple[int, int, int, int]
    norm: nn.GroupNorm | None = None
    act: nn.Module | None = None
    up: bool = False
    opens: bool = False
    closes: bool = False
    shortcut: nn.Conv2d | None = None
    divisor: float = 1.0

    @property
    def gain(self) -> int:
        """Rows that are made of a window."""
        return 2 if self.up else 1

    def windows(self, height: int, *, more: bool = False) -> int:
        """How many windows fit into `height` rows, the zeros included; below, only if no `more` rows follow."""
        rows = height + self.pads[2] + (0 if more else self.pads[3])
        return max(0, (rows - self.conv.kernel_size[0]) // self.conv.stride[0] + 1)

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what it makes of a map."""
        columns = (width + self.pads[0] + self.pads[1] - self.conv.kernel_size[1]) // self.conv.stride[1] + 1
        return self.windows(height) * self.gain, columns * self.gain

    def reach(self, start: int, stop: int, height: int) -> Reach:
        """What the windows `start` to `stop` see of a map of `height` rows."""
        stride = self.conv.stride[0]
        first = start * stride - self.pads[2]
        last = (stop - 1) * stride - self.pads[2] + self.conv.kernel_size[0]
        return Reach(max(0, -first), max(0, first), min(height, last), max(0, last - height))

    def cost(self, width: int) -> int:
        """Multiplications for one window's rows over a map of `width` columns."""
        taps = 16 if self.up else prod(self.conv.kernel_size)
        return taps * self.conv.in_channels * self.conv.out_channels * width // self.conv.stride[1]


@dataclass(frozen=True, eq=False)
class Attention:
    """Self-attention over all cells of a map; `module` is diffusers' `Attention`."""

    module: Any

    @property
    def norm(self) -> nn.GroupNorm | None:
        """The norm before it."""
        norm: nn.GroupNorm | None = self.module.group_norm
        return norm


#: What a program is made of.
Step: TypeAlias = Layer | Attention


@dataclass(frozen=True, eq=False)
class Program:
    """All steps. Those before `heart` and from `tail` on see their surroundings only; in between is the mid block.

    `shrunk` is the number of steps up to and including the first that shrinks the map, 0 if there is none.
    """

    steps: tuple[Step, ...]
    heart: int
    tail: int
    shrunk: int = 0

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what becomes of a map."""
        for step in self.steps:
            if isinstance(step, Layer):
                height, width = step.size(height, width)
        return height, width


#: Convolutions of other forms would need halos of their own.
_KERNEL: Final = (3, 3)


def decoder(network: Any) -> Program:
    """The steps from what `NetworkCodec.unscaled` gives to pixels."""
    part = network.decoder
    before = [*_optional(network.post_quant_conv), _layer(part.conv_in)]
    middle = list(_middle(part.mid_block))
    after = [step for block in part.up_blocks for step in _block(block)]
    after.append(_layer(part.conv_out, norm=_norm(part.conv_norm_out), act=_act(part.conv_act)))
    return Program((*before, *middle, *after), heart=len(before), tail=len(before) + len(middle))


def encoder(network: Any) -> Program:
    """The steps from pixels to mean and spread of the posterior, one after the other in the channels."""
    part = network.encoder
    before = [_layer(part.conv_in), *(step for block in part.down_blocks for step in _block(block))]
    middle = list(_middle(part.mid_block))
    after = [_layer(part.conv_out, norm=_norm(part.conv_norm_out), act=_act(part.conv_act))]
    after.extend(_optional(network.quant_conv))
    shrinking = [place for place, step in enumerate(before, 1) if isinstance(step, Layer) and step.conv.stride[0] > 1]
    shrunk = shrinking[0] if shrinking else 0
    return Program((*before, *middle, *after), heart=len(before), tail=len(before) + len(middle), shrunk=shrunk)


def _optional(conv: nn.Conv2d | None) -> Iterator[Layer]:
    if conv is not None:
        yield _layer(conv)


def _middle(block: Any) -> Iterator[Step]:
    first, *others = block.resnets
    yield from _resnet(first)
    for attention, resnet in zip(block.attentions, others, strict=True):
        if attention is not None:
            yield _attention(attention)
        yield from _resnet(resnet)


def _block(block: Any) -> Iterator[Step]:
    attentions = getattr(block, "attentions", None) or [None] * len(block.resnets)
    for resnet, attention in zip(block.resnets, attentions, strict=True):
        yield from _resnet(resnet)
        if attention is not None:
            yield _attention(attention)
    for sampling in getattr(block, "downsamplers", None) or ():
        yield _downsampling(sampling)
    for sampling in getattr(block, "upsamplers", None) or ():
        yield _upsampling(sampling)


def _resnet(block: Any) -> Iterator[Layer]:
    plain = type(block).__name__ == "ResnetBlock2D" and block.upsample is None and block.downsample is None
    if not plain or block.time_emb_proj is not None or block.time_embedding_norm == "scale_shift":
        raise _unknown(block)
    act = _act(block.nonlinearity)
    yield replace(_layer(block.conv1, norm=_norm(block.norm1), act=act), opens=True)
    last = _layer(block.conv2, norm=_norm(block.norm2), act=act)
    yield replace(last, closes=True, shortcut=_pointwise(block.conv_shortcut), divisor=float(block.output_scale_factor))


def _downsampling(block: Any) -> Layer:
    if type(block).__name__ != "Downsample2D" or not block.use_conv or block.norm is not None:
        raise _unknown(block)
    layer = _layer(block.conv)
    # diffusers pads such a convolution on two sides only.
    return replace(layer, pads=(0, 1, 0, 1)) if block.padding == 0 else layer


def _upsampling(block: Any) -> Layer:
    plain = type(block).__name__ == "Upsample2D" and block.use_conv and block.interpolate and block.norm is None
    if not plain or block.use_conv_transpose:
        raise _unknown(block)
    layer = _layer(block.conv if block.name == "conv" else block.Conv2d_0)
    if layer.conv.kernel_size != _KERNEL or layer.pads != (1, 1, 1, 1) or layer.conv.stride != (1, 1):
        raise _unknown(block)
    return replace(layer, up=True)


def _attention(module: Any) -> Attention:
    known = type(module).__name__ == "Attention" and getattr(module, "spatial_norm", None) is None
    if not known or module.norm_q is not None or module.norm_k is not None or module.only_cross_attention:
        raise _unknown(module)
    if module.group_norm is not None:
        _norm(module.group_norm)
    return Attention(module)


def _layer(conv: Any, *, norm: nn.GroupNorm | None = None, act: nn.Module | None = None) -> Layer:
    known = type(conv) is nn.Conv2d and conv.groups == 1 and conv.padding_mode == "zeros"
    if not known or conv.dilation != (1, 1) or isinstance(conv.padding, str):
        raise _unknown(conv)
    across, along = conv.padding[1], conv.padding[0]
    return Layer(conv, (across, across, along, along), norm, act)


def _pointwise(conv: Any) -> nn.Conv2d | None:
    if conv is None:
        return None
    layer = _layer(conv)
    if conv.kernel_size != (1, 1) or conv.stride != (1, 1) or any(layer.pads):
        raise _unknown(conv)
    return layer.conv


def _norm(norm: Any) -> nn.GroupNorm:
    if type(norm) is not nn.GroupNorm:
        raise _unknown(norm)
    return norm


def _act(act: Any) -> nn.Module:
    """An activation that leaves zeros alone, because the borders are laid before it."""
    if not isinstance(act, nn.Module) or act(torch.zeros(1)).item() != 0:
        raise _unknown(act)
    return act


def _unknown(module: object) -> InvalidRequest:
    return InvalidRequest(
        "codec",
        "tiled_vae",
        f"does not know the layer {type(module).__name__} of this autoencoder; leave the codec out",
    )
