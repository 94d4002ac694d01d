"""The noise of a batch: each picture's from its own stream, so that no picture depends on its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

import torch
import torchsde
from torch import Tensor

from limner_sdk import ImageSeed, Increments, NoiseContext, NoiseDef, StageFailed

from .offers import Offer


class NoiseSource:
    """Draws for a batch of pictures of `shape` (C, H, W) in latent cells, row k from `seeds[k]` alone."""

    def __init__(
        self,
        offer: Offer[NoiseDef[Any]],
        params: Any,
        seeds: Sequence[ImageSeed],
        shape: tuple[int, int, int],
        ctx: NoiseContext,
    ) -> None:
        self._offer, self._params, self._ctx = offer, params, ctx
        self._seeds, self._shape = tuple(seeds), shape
        self._streams: list[Iterator[Tensor]] = [offer.definition.run(seed, shape, ctx, params) for seed in seeds]

    def draw(self) -> Tensor:
        """The next draw of every picture, (B, C, H, W) float32 on the run's device. The first starts the pictures.

        Raises `StageFailed` for a draw of another shape.
        """
        rows = [next(stream) for stream in self._streams]
        for row in rows:
            if tuple(row.shape) != self._shape:
                raise StageFailed(self._offer.id, f"it gave noise of {tuple(row.shape)} instead of {self._shape}")
        return torch.stack(rows).to(self._ctx.device, torch.float32)

    def brownian(self, low: float, high: float) -> Increments:
        """Each picture's Brownian path between the levels `low` and `high`."""
        own = self._offer.definition.brownian
        paths = [
            own(seed, self._shape, low, high, self._ctx, self._params)
            if own
            else brownian_path(seed.seed, self._shape, low, high)
            for seed in self._seeds
        ]

        def between(sigma: float, below: float) -> Tensor:
            return torch.stack([path(sigma, below) for path in paths]).to(self._ctx.device, torch.float32)

        return between


def brownian_path(seed: int, shape: tuple[int, ...], low: float, high: float) -> Increments:
    """The Brownian path of one seed on the CPU, as k-diffusion grows it with torchsde's tree (arXiv:2001.01328)."""
    tree = torchsde.BrownianTree(t0=low, w0=torch.zeros(shape), t1=high, entropy=seed)

    def between(sigma: float, below: float) -> Tensor:
        first, last = min(sigma, below), max(sigma, below)
        increment: Tensor = tree(first, last)
        return increment * ((1 if sigma < below else -1) / sqrt(last - first))

    return between
