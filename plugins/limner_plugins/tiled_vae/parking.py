"""Where the maps between two layers wait: on the device if there is room, otherwise in main memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class Parking:
    """Parked maps, and how many bytes they take."""

    def __init__(self, device: torch.device, *, away: bool) -> None:
        self.device = device
        self.away = away and device.type != "cpu"
        self.bytes = 0
        self.peak = 0
        self._held: dict[int, int] = {}
        self._spare: Tensor | None = None

    def holds(self, values: Tensor) -> bool:
        """Whether the memory behind `values` is that of a parked map."""
        return values.untyped_storage().data_ptr() in self._held

    def map(self, channels: int, height: int, width: int, dtype: torch.dtype) -> Map:
        """A new map; what is in it is undefined."""
        values = self._reused(channels * height * width, dtype)
        if values is None:
            values = self._fresh(channels * height * width, dtype)
        shape, strides = (1, channels, height, width), (channels * height * width, 1, width * channels, channels)
        return Map(values.as_strided(shape, strides), self)

    def give_back(self, values: Tensor) -> None:
        """A map is no longer needed. Its memory is kept until the next one shows whether it can use it."""
        self._drop_spare()
        storage = values.untyped_storage()
        self._spare = torch.empty(0, dtype=values.dtype, device=values.device).set_(storage)

    def clear(self) -> None:
        """Forget all maps."""
        self._spare, self.bytes = None, 0
        self._held.clear()

    def _reused(self, count: int, dtype: torch.dtype) -> Tensor | None:
        spare, self._spare = self._spare, None
        if spare is not None and spare.dtype == dtype and spare.numel() == count:
            return spare
        self._spare = spare
        self._drop_spare()
        return None

    def _fresh(self, count: int, dtype: torch.dtype) -> Tensor:
        # Counted first, so that nobody who watches takes a new map for something else.
        size = count * dtype.itemsize
        self.bytes += size
        self.peak = max(self.peak, self.bytes)
        values = self._allocated(count, dtype)
        self._held[values.untyped_storage().data_ptr()] = size
        return values

    def _allocated(self, count: int, dtype: torch.dtype) -> Tensor:
        if not self.away:
            try:
                return torch.empty(count, dtype=dtype, device=self.device)
            except RuntimeError as error:
                if self.device.type == "cpu" or not out_of_memory(error):
                    raise
        self.away = True
        return torch.empty(count, dtype=dtype, pin_memory=self.device.type == "cuda")

    def _drop_spare(self) -> None:
        if self._spare is not None:
            self.bytes -= self._held.pop(self._spare.untyped_storage().data_ptr(), 0)
            self._spare = None


class Map:
    """A map (1, C, H, W) of which rows are read and written; a map without a `parking` is somebody else's."""

    def __init__(self, values: Tensor, parking: Parking | None, device: torch.device | None = None) -> None:
        self._values, self._parking = values, parking
        self._device = parking.device if parking is not None else device or values.device
        self._recent: tuple[int, Tensor] | None = None
        self.channels, self.height, self.width = values.shape[1:]

    def read(self, top: int, bottom: int) -> Tensor:
        """The rows from `top` to `bottom`, on the device. Rows just written have never left it."""
        if self._recent is None:
            return self._fetched(top, bottom)
        first, rows = self._recent
        low, high = max(top, first), min(bottom, first + rows.shape[2])
        if low >= high:
            return self._fetched(top, bottom)
        spans = [(top, low), (high, bottom)]
        above, below = ([self._fetched(*span)] if span[0] < span[1] else [] for span in spans)
        return torch.cat([*above, rows[:, :, low - first : high - first], *below], 2)

    def write(self, top: int, rows: Tensor) -> None:
        """Put rows where they belong. The map becomes float32 if they are, and it is not."""
        if torch.promote_types(rows.dtype, self._values.dtype) != self._values.dtype:
            self._widen(rows.dtype)
        self._values[:, :, top : top + rows.shape[2]].copy_(rows, non_blocking=True)
        if self._values.device != self._device:
            self._recent = (top, rows)

    def over(self, channels: int) -> Map | None:
        """A map with no more channels in the memory of this one, row upon row, None if that does not fit.

        Rows that become wider later need memory of their own, if they are not the very same map.
        """
        if self._parking is None or channels > self.channels:
            return None
        if channels == self.channels:
            return self
        if self._values.dtype.itemsize == 2 or self._values.device != self._device:
            return None
        strides = (self._values.stride(0), 1, self._values.stride(2), channels)
        return Map(self._values.as_strided((1, channels, self.height, self.width), strides), self._parking)

    def shares(self, other: Map) -> bool:
        """Whether both lie in the same memory."""
        return self._values.untyped_storage().data_ptr() == other._values.untyped_storage().data_ptr()

    def give_back(self) -> None:
        """The map is no longer needed."""
        self._recent = None
        if self._parking is not None:
            self._parking.give_back(self._values)

    def _fetched(self, top: int, bottom: int) -> Tensor:
        return self._values[:, :, top:bottom].to(self._device, non_blocking=True)

    def _widen(self, dtype: torch.dtype) -> None:
        assert self._parking is not None
        if self._device.type == "cuda":
            # Rows may still be on their way to main memory, where they are converted.
            torch.cuda.synchronize(self._device)
        wide = self._parking.map(self.channels, self.height, self.width, dtype)
        wide._values.copy_(self._values)
        self._parking.give_back(self._values)
        self._values = wide._values


def out_of_memory(error: RuntimeError) -> bool:
    """Whether torch had no memory left; on a CPU only the words tell."""
    text = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in text or "not enough memory" in text


def backing_off(device: torch.device, attempt: Callable[[], T], smaller: Callable[[], bool]) -> T | None:
    """What `attempt` gives, or None if memory ran out and `smaller` could make the next attempt a smaller one."""
    try:
        return attempt()
    except RuntimeError as error:
        if not out_of_memory(error) or not smaller():
            raise
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return None
