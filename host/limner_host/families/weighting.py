"""How strongly each token of a prompt is meant: the ways in which weights change hidden states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import torch
from torch import Tensor

#: `way(hidden, weights, empty) -> hidden`, in float32: hidden states (N, D), weights (N, 1), the empty prompt's states.
Way: TypeAlias = Callable[[Tensor, Tensor, Callable[[], Tensor]], Tensor]

#: No weight counts as smaller when it is judged how far a mean may be moved.
_SMALLEST: Final = 0.05


def weighted(hidden: Tensor, weights: Tensor, way: str, empty: Callable[[], Tensor]) -> Tensor:
    """The hidden states (N, D) of one chunk, its N tokens meant as strongly as `weights` (N,) say.

    Weights of one change nothing, to the bit. `way` is that of `limner_sdk.Encoding`; `empty` makes the hidden states
    of the empty prompt, and is only called for the way that needs them.
    """
    if bool((weights == 1).all()):
        return hidden
    column = weights.to(hidden.device, torch.float32)[:, None]
    changed = _WAYS[way](hidden.float(), column, lambda: empty().float())
    return changed.to(hidden.dtype)


def _multiplied(hidden: Tensor, weights: Tensor, empty: Callable[[], Tensor]) -> Tensor:
    return hidden * weights


def _mean_restored(hidden: Tensor, weights: Tensor, empty: Callable[[], Tensor]) -> Tensor:
    """Multiplied, and then all of the chunk scaled so that its mean is what it was.

    If all tokens leaned the same way, the scale would lie between one over the largest and one over the smallest
    weight. Far outside, the mean is so near to nothing that it says nothing, and it is left alone.
    """
    multiplied = hidden * weights
    scale = float(hidden.mean() / multiplied.mean())
    sizes = weights.abs().clamp(min=_SMALLEST)
    if not 0.5 / float(sizes.max()) <= scale <= 2 / float(sizes.min()):
        return multiplied
    return multiplied * scale


def _from_empty(hidden: Tensor, weights: Tensor, empty: Callable[[], Tensor]) -> Tensor:
    """Moved along the line from the empty prompt; tokens of weight one stay exactly where they are."""
    nothing = empty()
    return torch.where(weights == 1, hidden, nothing + weights * (hidden - nothing))


_WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {"a1111": _mean_restored, "no_norm": _multiplied, "comfy": _from_empty}
)
