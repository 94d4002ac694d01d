"""Brownian paths out of a seed: the dyadic tree that k-diffusion uses by way of torchsde, with each node drawn once.

The numbers are those of `torchsde.BrownianTree` (arXiv:2001.01328) up to rounding, so that a seed gives the picture
that it gives elsewhere. torchsde draws a node's noise three times over; here a node keeps its halves for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Final

from .model import Increments
from .types import Tensor

#: torchsde's defaults, which make its numbers: decimals of a level, and words of the pool that seeds are hashed in.
_DIGITS: Final = 6
_POOL: Final = 24

#: Nodes above this depth keep their halves; neighbouring steps seldom share deeper ones.
_KEPT: Final = 12

#: How far a level may lie outside of the path, as a share of it: rounding, but no mistake.
_SLACK: Final = 1e-5


@dataclass(slots=True)
class _Node:
    """The stretch from `start` to `end`: the path's value before it, and its increment, both (C, H, W)."""

    start: float
    end: float
    before: Tensor
    increment: Tensor
    key: int = 0
    depth: int = 0
    halves: tuple[_Node, _Node] | None = None


def brownian_path(seed: int, low: float, high: float, draw: Callable[[int], Tensor]) -> Increments:
    """One picture's Brownian path between the levels `low` and `high`: its increments, of unit variance.

    `draw(seed)` gives standard normal noise (C, H, W) of one node of the tree, the same for the same seed. Increments
    raise `ValueError` for a level outside of the path and for two equal levels. As in torchsde, levels closer than a
    millionth may count as one, with no noise between them.
    """
    bottom, top = round(low, _DIGITS), round(high, _DIGITS)
    whole = draw(_seed_of(seed)) * sqrt(high - low)
    root = _Node(bottom, top, whole * 0, whole)

    @lru_cache(maxsize=4)
    def value(level: float) -> Tensor:
        return _value(root, level, lambda node: draw(_seed_of(seed, node.key, node.depth)))

    def between(sigma: float, below: float) -> Tensor:
        if sigma == below:
            raise ValueError(f"a Brownian path has no increment between the equal levels {sigma} and {below}")
        first, last = (min(max(round(_inside(s, low, high), _DIGITS), bottom), top) for s in (sigma, below))
        return (value(last) - value(first)) / sqrt(abs(sigma - below))

    return between


def _inside(level: float, low: float, high: float) -> float:
    if not low * (1 - _SLACK) <= level <= high * (1 + _SLACK):
        raise ValueError(f"the level {level} lies outside of the Brownian path from {low} to {high}")
    return level


def _seed_of(seed: int, *node: int) -> int:
    """The seed of the node with this key and depth; of the whole path without one."""
    from numpy.random import SeedSequence

    return int(SeedSequence(seed, spawn_key=node, pool_size=_POOL).generate_state(1)[0])


def _value(root: _Node, level: float, noise: Callable[[_Node], Tensor]) -> Tensor:
    """The path's value at `level`, halving stretches until one begins or ends there."""
    node = root
    while node.start < level < node.end:
        halves = node.halves or _halved(node, noise(node))
        node.halves = halves if node.depth < _KEPT else None
        node, other = halves if level <= halves[0].end else reversed(halves)
        other.halves = None
    return node.before if level == node.start else node.before + node.increment


def _halved(node: _Node, noise: Tensor) -> tuple[_Node, _Node]:
    """In its middle a Brownian bridge has the mean of its ends, and a quarter of the stretch as variance."""
    middle = round(0.5 * (node.start + node.end), _DIGITS)
    length, left, right = node.end - node.start, middle - node.start, node.end - middle
    rise = node.increment * (left / length) + noise * sqrt(left * right / length)
    key, depth = 2 * node.key, node.depth + 1
    return (
        _Node(node.start, middle, node.before, rise, key, depth),
        _Node(middle, node.end, node.before + rise, node.increment - rise, key + 1, depth),
    )
