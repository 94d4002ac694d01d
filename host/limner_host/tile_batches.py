"""How many tiles go through the network at once: as was asked, or as many as free memory holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import torch
from torch import Tensor

from .device import free_memory

#: Larger batches are hardly faster on any device.
MOST_TILES: Final = 16
#: The share of free memory that tiles may take: what one tile took is not an exact multiple of what several take.
_SHARE: Final = 0.8


class Gauge(Protocol):
    """What measures a device's memory."""

    def free(self) -> int:
        """Bytes that a call could get now."""
        ...

    def peak(self, call: Callable[[], Tensor]) -> tuple[Tensor, int]:
        """What `call` gives, and how many bytes it took at most."""
        ...


class CudaGauge:
    """The memory of a CUDA device, as PyTorch's allocator counts it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def free(self) -> int:
        """Bytes free on the device."""
        return free_memory(self._device)

    def peak(self, call: Callable[[], Tensor]) -> tuple[Tensor, int]:
        """Resets the allocator's peak, which is the only way to measure one call."""
        torch.cuda.reset_peak_memory_stats(self._device)
        before = torch.cuda.memory_allocated(self._device)
        made = call()
        return made, int(torch.cuda.max_memory_allocated(self._device)) - before


def gauge_for(device: torch.device) -> Gauge | None:
    """What measures the device's memory; None where tiles go one by one, as batches are no faster on a CPU."""
    return CudaGauge(device) if device.type == "cuda" else None


class TileBatches:
    """Batch sizes for tiles of each shape (B, C, h, w). They shrink where memory turns out too short."""

    def __init__(self, gauge: Gauge | None) -> None:
        self._gauge = gauge
        self._most: dict[tuple[int, ...], int] = {}

    def count(self, left: int, shape: tuple[int, ...], asked: int | None) -> int:
        """How many of the tiles that are `left` come next, so that all batches are about as large."""
        known = self._most.get(shape)
        most = (known or 1) if asked is None else min(asked, known or asked)
        return -(-left // -(-left // most))

    def attempt(self, count: int, shape: tuple[int, ...], call: Callable[[], Tensor]) -> Tensor | None:
        """What `call` makes of `count` tiles; None if there is too little memory for them, and half are to be tried.

        Raises `torch.OutOfMemoryError` if there is too little for a single tile.
        """
        try:
            return self._measured(shape, call) if count == 1 else call()
        except torch.OutOfMemoryError:
            if count == 1:
                raise
        self._most[shape] = count // 2
        return None

    def _measured(self, shape: tuple[int, ...], call: Callable[[], Tensor]) -> Tensor:
        """The first tile of a shape tells how many fit."""
        if self._gauge is None or shape in self._most:
            return call()
        made, taken = self._gauge.peak(call)
        self._most[shape] = max(1, min(MOST_TILES, int(self._gauge.free() * _SHARE / max(1, taken))))
        return made
