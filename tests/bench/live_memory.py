"""How much memory tensors take while something runs: counted by PyTorch's own dispatch, so the same every time.

`LiveMemory` sees each operation of its thread, and adds up the storages that the operations made and that somebody
still holds. Views share a storage and count once; what was there before, such as weights, does not count.

It does not see what a kernel takes and gives back within one operation (oneDNN's reordered weights and scratch pads,
the columns of a convolution that is done as a product), what a library holds outside of tensors, arrays of NumPy, and
other threads. Resident memory, measured beside it, holds all that, and is not the same every time.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, UntypedStorage
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

#: Whether the memory behind a tensor is parked.
IsParked = Callable[[Tensor], bool]


@dataclass
class Bytes:
    """Bytes that are computed with, bytes that are parked, and both together; in a peak each has its own moment."""

    compute: int = 0
    parked: int = 0
    together: int = 0

    def grown(self, other: Bytes) -> Bytes:
        """The larger of each."""
        return Bytes(*map(max, vars(self).values(), vars(other).values()))


@dataclass
class Block:
    """A storage that lives: how many bytes were counted for it, and where."""

    storage: weakref.ref[UntypedStorage]
    counted: int
    parked: bool = False


def nothing_parked(values: Tensor) -> bool:
    """Everything is computed with."""
    return False


class LiveMemory(TorchDispatchMode):
    """Within it, operations are seen; `live` are the bytes that they made and that still live, `peak` the most so far.

    `is_parked` is asked once for each storage, with a flat tensor of its bytes, when the next operation begins or a
    storage dies: whoever made it has had the time to say so.
    """

    def __init__(self, is_parked: IsParked = nothing_parked) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._live, self._peak = Bytes(), Bytes()
        self._is_parked = is_parked
        self._blocks: dict[int, Block] = {}
        self._fresh: dict[int, int] = {}
        self._dead: list[int] = []
        self._settling = False

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operation and note what it made; one that is made of others is taken apart to see theirs."""
        options = dict(kwargs or {})
        with self:
            result = func.decompose(*args, **options)
        if result is NotImplemented:
            self._settle()
            given = {storage._cdata for storage in storages((args, options))}
            result = func(*args, **options)
            for storage in storages(result):
                self._note(storage, given)
        return result

    @property
    def live(self) -> Bytes:
        """What lives now."""
        self._settle()
        return replace(self._live)

    @property
    def peak(self) -> Bytes:
        """The most that has lived."""
        self._settle()
        return self._peak

    def _note(self, storage: UntypedStorage, given: set[int]) -> None:
        """Count a storage that no argument had, and one that has grown."""
        key = storage._cdata
        if key in self._fresh:
            self._fresh[key] = storage.nbytes()
        elif key in self._blocks:
            self._count(self._blocks[key], storage.nbytes())
        elif key not in given:
            self._blocks[key] = Block(weakref.ref(storage), 0)
            self._fresh[key] = storage.nbytes()
            weakref.finalize(storage, self._freed, key).atexit = False

    def _freed(self, key: int) -> None:
        """A storage has died. One that nobody has kept dies before the next operation, and counts all the same."""
        self._dead.append(key)
        self._settle()

    def _settle(self) -> None:
        """Count what the last operation made, and then take off what has died since."""
        if self._settling:
            # The garbage collector has come in between: the dead are in the list.
            return
        self._settling = True
        try:
            while self._fresh:
                self._add(*self._fresh.popitem())
            while self._dead:
                self._count(self._blocks.pop(self._dead.pop()), 0)
        finally:
            self._settling = False

    def _add(self, key: int, size: int) -> None:
        block, storage = self._blocks[key], self._blocks[key].storage()
        block.parked = storage is not None and self._is_parked(flat(storage))
        self._count(block, size)

    def _count(self, block: Block, size: int) -> None:
        more = size - block.counted
        block.counted = size
        self._live.together += more
        if block.parked:
            self._live.parked += more
        else:
            self._live.compute += more
        self._peak = self._peak.grown(self._live)


def flat(storage: UntypedStorage) -> Tensor:
    """All bytes of a storage; nobody sees how this tensor is made."""
    with no_dispatch():
        return torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage)


def storages(values: Any) -> Iterator[UntypedStorage]:
    """The storages in nested `values`, and those of all real tensors there."""
    for value in tree_leaves(values):
        if isinstance(value, UntypedStorage):
            yield value
        elif isinstance(value, Tensor) and value.layout is torch.strided and not value.is_meta:
            yield value.untyped_storage()
