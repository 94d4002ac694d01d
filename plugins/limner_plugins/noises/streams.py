"""Streams: one seed's noise, draw after draw, from torch, from a copy of CUDA's generator, or from coordinates."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from math import prod
from typing import TypeAlias

from limner_sdk import NoiseContext, Tensor

from .params import FieldParams
from .philox import normals

Shape3: TypeAlias = tuple[int, int, int]

#: The next draw of the shape (C, H, W): standard normal float32 on the CPU.
Stream: TypeAlias = Callable[[Shape3], Tensor]

#: A fresh stream of a seed.
Streams: TypeAlias = Callable[[int], Stream]


def torch_streams(ctx: NoiseContext) -> Streams:
    """torch's generator on the CPU (Mersenne Twister)."""
    import torch

    def fresh(seed: int) -> Stream:
        generator = ctx.generator(seed)
        return lambda shape: torch.randn(shape, generator=generator)

    return fresh


def cuda_streams() -> Streams:
    """What `torch.randn` gives on an NVIDIA card: the counter is (draw, 0, place in memory, 0)."""
    import torch

    def fresh(seed: int) -> Stream:
        draws = count()

        def draw(shape: Shape3) -> Tensor:
            zero, places = torch.tensor(0), torch.arange(prod(shape)).view(shape)
            return normals((torch.tensor(next(draws)), zero, places, zero), seed)

        return draw

    return fresh


def field_streams(params: FieldParams) -> Streams:
    """Noise of a place: the counter is (channel, row, column, draw), whatever the size of the canvas."""
    import torch

    def fresh(seed: int) -> Stream:
        draws = count()

        def draw(shape: Shape3) -> Tensor:
            column, row = _corner(shape, params)
            rows, columns = torch.arange(row, row + shape[1]), torch.arange(column, column + shape[2])
            channels = torch.arange(shape[0]).view(-1, 1, 1)
            # Places left of and above the anchor are negative; the counter's words go round.
            counter = (channels, rows.view(-1, 1) & 2**32 - 1, columns & 2**32 - 1, torch.tensor(next(draws)))
            return normals(counter, seed)

        return draw

    return fresh


def _corner(shape: Shape3, params: FieldParams) -> tuple[int, int]:
    """The column and the row of the upper left cell, counted from the anchor."""
    return (0, 0) if params.anchor == "corner" else (-(shape[2] // 2), -(shape[1] // 2))
