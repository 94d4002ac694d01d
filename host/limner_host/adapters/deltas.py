"""What each kind of adapter adds to a weight, in float32: one small class per kind, named after its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, Protocol

import torch
from torch import Tensor

#: Beyond it, a file would rather fill the memory than change a picture.
LARGEST_RANK: Final = 16_384


class Misshapen(ValueError):
    """The tensors of one module do not fit together."""


class Patch(Protocol):
    """A change of one weight (out, in, …)."""

    def fits(self, shape: Sequence[int], /) -> bool:
        """Whether it can change a weight of this shape."""
        ...

    def delta(self, weight: Tensor, /) -> Tensor:
        """What comes on top of `weight`: a new tensor in its shape and on its device, float32."""
        ...


class _Shaped:
    """A patch whose own shape tells what it fits; linear layers and 1x1 convolutions stand in for each other."""

    @property
    def shape(self) -> tuple[int, ...]:
        raise NotImplementedError

    def fits(self, shape: Sequence[int], /) -> bool:
        own, asked = self.shape, tuple(shape)
        return own == asked or (len(own) != len(asked) and own[:1] == asked[:1] and prod(own) == prod(asked))


@dataclass(frozen=True)
class LowRank(_Shaped):
    """LoRA, arXiv:2106.09685: scale · up · down; for convolutions also with a core `mid` (r, r, k, k) between them.

    `up` is (out, r), `down` (r, in) or (r, in, k, k); ones at the end do not matter.
    """

    up: Tensor
    down: Tensor
    scale: float = 1.0
    mid: Tensor | None = None

    def __post_init__(self) -> None:
        _demand(min(self.up.ndim, self.down.ndim) >= 2, "up and down that are no matrices")
        outer = self.up.flatten(1).shape[1], self.down.shape[0]
        inner = tuple(self.mid.shape[:2]) if self.mid is not None else outer[:1] * 2
        _demand(outer == inner, f"ranks {outer[0]} and {outer[1]}")
        _demand_rank(*outer)

    @property
    def shape(self) -> tuple[int, ...]:
        kernel = self.down.shape[2:] if self.mid is None else self.mid.shape[2:]
        return (self.up.shape[0], self.down.shape[1], *kernel)

    def delta(self, weight: Tensor, /) -> Tensor:
        up, down = _on(weight, self.up).flatten(1) * self.scale, _on(weight, self.down).flatten(1)
        if self.mid is None:
            product = up @ down
        else:
            product = torch.einsum("oa,ab...,bi->oi...", up, _on(weight, self.mid), down)
        return product.reshape(weight.shape)


@dataclass(frozen=True)
class Factors:
    """A matrix as `a` · `b`, or as `a` and `b` around a Tucker core (r, r, k, k), as LyCORIS has it."""

    a: Tensor
    b: Tensor
    core: Tensor | None = None

    def __post_init__(self) -> None:
        _demand(self.a.ndim == self.b.ndim == 2, "factors that are no matrices")
        if self.core is None:
            ranks = self.a.shape[1], self.b.shape[0]
            _demand(ranks[0] == ranks[1], f"ranks {ranks[0]} and {ranks[1]}")
        else:
            ranks = self.a.shape[0], self.b.shape[0]
            _demand(tuple(self.core.shape[:2]) == ranks, f"ranks {ranks} around a core {tuple(self.core.shape)}")
        _demand_rank(*ranks)

    @property
    def rank(self) -> int:
        return self.b.shape[0]

    @property
    def shape(self) -> tuple[int, ...]:
        if self.core is None:
            return self.a.shape[0], self.b.shape[1]
        return (self.a.shape[1], self.b.shape[1], *self.core.shape[2:])

    def whole(self, weight: Tensor) -> Tensor:
        """The product, on the device of `weight`."""
        a, b = _on(weight, self.a), _on(weight, self.b)
        return a @ b if self.core is None else torch.einsum("ij...,ip,jq->pq...", _on(weight, self.core), a, b)


@dataclass(frozen=True)
class Hadamard(_Shaped):
    """LoHa, arXiv:2108.06098: the elementwise product of two low-rank matrices."""

    first: Factors
    second: Factors
    scale: float = 1.0

    def __post_init__(self) -> None:
        _demand(self.first.shape == self.second.shape, f"halves of {self.first.shape} and {self.second.shape}")

    @property
    def shape(self) -> tuple[int, ...]:
        return self.first.shape

    def delta(self, weight: Tensor, /) -> Tensor:
        return (self.first.whole(weight) * self.second.whole(weight)).reshape(weight.shape) * self.scale


@dataclass(frozen=True)
class Kronecker:
    """LoKr, arXiv:2212.10650 and arXiv:2309.14859: the Kronecker product of two matrices, each whole or in factors."""

    first: Tensor | Factors
    second: Tensor | Factors
    scale: float = 1.0

    def __post_init__(self) -> None:
        _demand(len(self.first.shape) == 2 <= len(self.second.shape), "factors that are no matrices")

    def fits(self, shape: Sequence[int], /) -> bool:
        (rows, columns), second = self.first.shape, self.second.shape
        if len(shape) < 2 or 0 in (rows, columns) or shape[1] % columns:
            return False
        return shape[0] == rows * second[0] and prod(shape) == rows * columns * prod(second)

    def delta(self, weight: Tensor, /) -> Tensor:
        first, second = (_whole(part, weight) for part in (self.first, self.second))
        rows, columns, *kernel = weight.shape
        inner = second.reshape(rows // first.shape[0], columns // first.shape[1], *kernel)
        outer = first.reshape(*first.shape, *(1 for _ in kernel))
        return torch.kron(outer, inner) * self.scale


@dataclass(frozen=True)
class Rescale:
    """(IA)³, arXiv:2205.05638: each input or output of a layer is scaled by one plus its factor."""

    factors: Tensor
    on_input: bool

    def fits(self, shape: Sequence[int], /) -> bool:
        return len(shape) >= 2 and self.factors.numel() == shape[1 if self.on_input else 0]

    def delta(self, weight: Tensor, /) -> Tensor:
        side = (1, -1) if self.on_input else (-1, 1)
        return weight.float() * _on(weight, self.factors).reshape(*side, *(1 for _ in weight.shape[2:]))


@dataclass(frozen=True)
class Difference(_Shaped):
    """The difference of two whole weights."""

    value: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    def delta(self, weight: Tensor, /) -> Tensor:
        return _on(weight, self.value).reshape(weight.shape).clone()


@dataclass(frozen=True)
class Decomposed:
    """DoRA, arXiv:2402.09353: the changed weight, its rows or columns then brought to learnt lengths.

    `magnitude` holds a length for each output, as (out,) or (out, 1), or, as early files have it, for each input,
    (1, in).
    """

    inner: Patch
    magnitude: Tensor

    def fits(self, shape: Sequence[int], /) -> bool:
        if len(shape) < 2 or not self.inner.fits(shape):
            return False
        return self.magnitude.numel() == shape[0 if self._per_output(shape) else 1]

    def delta(self, weight: Tensor, /) -> Tensor:
        whole = weight.float()
        changed = whole + self.inner.delta(weight)
        kept = 0 if self._per_output(weight.shape) else 1
        others = [side for side in range(weight.ndim) if side != kept]
        lengths: Tensor = torch.linalg.vector_norm(changed, dim=others, keepdim=True)
        wanted = _on(weight, self.magnitude).reshape(lengths.shape)
        return changed * (wanted / lengths.clamp_min(torch.finfo(torch.float32).tiny)) - whole

    def _per_output(self, shape: Sequence[int]) -> bool:
        return self.magnitude.ndim < 2 or self.magnitude.shape[0] == shape[0]


@dataclass(frozen=True)
class Rows:
    """One of several equal parts of the rows of a patch that was made for query, key and value in one weight.

    The patch must treat each row by itself, which `Decomposed` need not.
    """

    inner: Patch
    part: int
    parts: int

    def fits(self, shape: Sequence[int], /) -> bool:
        return self.inner.fits((shape[0] * self.parts, *shape[1:]))

    def delta(self, weight: Tensor, /) -> Tensor:
        together = weight.repeat(self.parts, *(1 for _ in weight.shape[1:]))
        return self.inner.delta(together).chunk(self.parts)[self.part]


def _whole(part: Tensor | Factors, weight: Tensor) -> Tensor:
    return part.whole(weight) if isinstance(part, Factors) else _on(weight, part)


def _on(weight: Tensor, tensor: Tensor) -> Tensor:
    return tensor.to(weight.device, torch.float32)


def _demand_rank(*ranks: int) -> None:
    _demand(all(1 <= rank <= LARGEST_RANK for rank in ranks), f"a rank of {max(ranks)}")


def _demand(kept: bool, broken: str) -> None:
    if not kept:
        raise Misshapen(broken)
