"""One layer at work on a band of rows: norm, activation, convolution, residual."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .program import Layer, Reach
from .statistics import Affine


class Work:
    """A layer whose statistics are known, in the network's own dtype, or in float32 where that overflows."""

    def __init__(self, layer: Layer, affine: Affine | None, dtype: torch.dtype) -> None:
        self.layer, self._affine, self._dtype = layer, affine, dtype
        self._kernels: dict[torch.dtype, tuple[Tensor, ...]] = {}

    def make(self, rows: Tensor, reach: Reach, beside: Tensor | None) -> Tensor:
        """Rows of the layer's result out of those that they see, and those of the residual branch `beside` them.

        All are (1, C, rows, W). The result is float32 if a 16-bit one would not be finite.
        """
        made = self._made(rows, reach, beside, self._dtype)
        if self._dtype.itemsize == 2 and not finite(made):
            made = self._made(rows, reach, beside, torch.float32)
        return made

    def _made(self, rows: Tensor, reach: Reach, beside: Tensor | None, dtype: torch.dtype) -> Tensor:
        made = self._convolved(self._ground(rows, reach, dtype), dtype)
        if beside is None:
            return made
        made = _sum(made, self._shortcut(beside, dtype))
        return made if self.layer.divisor == 1 else made / self.layer.divisor

    def _ground(self, rows: Tensor, reach: Reach, dtype: torch.dtype) -> Tensor:
        """What the convolution reads: the rows after norm and activation, with zeros around the picture."""
        left, right, _, _ = self.layer.pads
        _, channels, height, width = rows.shape
        shape = (1, channels, reach.above + height + reach.below, left + width + right)
        ground = torch.empty(shape, dtype=dtype, device=rows.device, memory_format=torch.channels_last)
        inner = _framed(ground, reach.above, reach.below, left, right)
        if self._affine is None:
            inner.copy_(rows)
        else:
            scale, shift = self._affine.for_rows(rows)
            torch.addcmul(shift, rows, scale, out=inner)
        return _activated(ground, self.layer.act)

    def _convolved(self, ground: Tensor, dtype: torch.dtype) -> Tensor:
        conv = self.layer.conv
        if dtype not in self._kernels:
            parts = quarters(conv.weight) if self.layer.up else (conv.weight,)
            self._kernels[dtype] = tuple(part.to(dtype) for part in parts)
        bias = None if conv.bias is None else conv.bias.to(dtype)
        if self.layer.up:
            return _enlarged(ground, self._kernels[dtype], bias)
        return functional.conv2d(ground, self._kernels[dtype][0], bias, stride=conv.stride)

    def _shortcut(self, beside: Tensor, dtype: torch.dtype) -> Tensor:
        conv = self.layer.shortcut
        if conv is None:
            return beside
        bias = None if conv.bias is None else conv.bias.to(dtype)
        return functional.conv2d(beside.to(dtype), conv.weight.to(dtype), bias)


def quarters(weight: Tensor) -> tuple[Tensor, ...]:
    """The 2x2 kernels of the four pixels that nearest upsampling and a 3x3 convolution make of a cell, row by row.

    Of the three rows that a pixel sees, two are copies of one cell's, so their weights may be added first: 16
    multiplications instead of 36.
    """
    full = weight.to(torch.promote_types(weight.dtype, torch.float32))
    rows = _halves(full, 2)
    return tuple(part for row in rows for part in _halves(row, 3))


def _halves(weight: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    first, middle, last = weight.split(1, axis)
    return torch.cat([first, middle + last], axis), torch.cat([first + middle, last], axis)


def _enlarged(ground: Tensor, kernels: tuple[Tensor, ...], bias: Tensor | None) -> Tensor:
    height, width = ground.shape[2] - 2, ground.shape[3] - 2
    shape = (1, kernels[0].shape[0], 2 * height, 2 * width)
    made = torch.empty(shape, dtype=ground.dtype, device=ground.device, memory_format=torch.channels_last)
    for place, kernel in enumerate(kernels):
        down, right = divmod(place, 2)
        seen = ground[:, :, down : down + height + 1, right : right + width + 1]
        made[:, :, down::2, right::2] = functional.conv2d(seen, kernel, bias)
    return made


def _framed(ground: Tensor, above: int, below: int, left: int, right: int) -> Tensor:
    """The inside of `ground`, whose frame becomes zeros."""
    height, width = ground.shape[2] - below, ground.shape[3] - right
    ground[:, :, :above] = 0
    ground[:, :, height:] = 0
    ground[:, :, :, :left] = 0
    ground[:, :, :, width:] = 0
    return ground[:, :, above:height, left:width]


def _activated(ground: Tensor, act: nn.Module | None) -> Tensor:
    if act is None:
        return ground
    return functional.silu(ground, inplace=True) if isinstance(act, nn.SiLU) else act(ground)


def _sum(made: Tensor, beside: Tensor) -> Tensor:
    return made.add_(beside) if made.dtype == beside.dtype else made + beside


def finite(values: Tensor) -> bool:
    """Whether all are numbers."""
    return bool(torch.isfinite(values).all())
