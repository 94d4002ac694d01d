"""The noise of a batch: each picture's from its own stream, so that no picture depends on its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from limner_sdk import ImageSeed, Increments, NoiseContext, NoiseDef, SeededArea, StageFailed, brownian_path

from .blame import blamed, blaming
from .offers import Offer


class NoiseSource:
    """Draws for a batch of pictures of `shape` (C, H, W) in latent cells, row k from `seeds[k]` alone.

    The cells of `areas` come from those areas' own seeds instead, in every picture, the later area on top.

    Whatever the plugin raises is `StageFailed` with its name, also while a sampler asks.
    """

    def __init__(
        self,
        offer: Offer[NoiseDef[Any]],
        params: Any,
        seeds: Sequence[ImageSeed],
        shape: tuple[int, int, int],
        ctx: NoiseContext,
        areas: Sequence[SeededArea] = (),
    ) -> None:
        self._offer, self._params, self._ctx = offer, params, ctx
        self._seeds, self._shape, self._count = (*seeds, *_area_seeds(areas)), shape, len(seeds)
        self._masks = [area.mask.to(ctx.device) for area in areas]
        with blaming(offer.id, "noise"):
            self._streams: list[Iterator[Tensor]] = [
                offer.definition.run(seed, shape, ctx, params) for seed in self._seeds
            ]

    def draw(self) -> Tensor:
        """The next draw of every picture, (B, C, H, W) float32 on the run's device. The first starts the pictures.

        Raises `StageFailed` for a draw of another shape, and for noise that ends.
        """
        with blaming(self._offer.id, "noise"):
            rows = [next(stream, None) for stream in self._streams]
        return self._stacked(rows)

    def like(self, x: Tensor) -> Tensor:
        """The next draw in the type and place of `x` (B, C, H, W). Raises `ValueError` if `x` has another shape."""
        self._check_shape(x)
        return self.draw().to(x)

    def brownian(self, x: Tensor, low: float, high: float) -> Increments:
        """Each picture's Brownian path between the levels `low` and `high`, in the type and place of `x`.

        Raises `ValueError` if `x` has another shape; increments raise `StageFailed` as `draw` does.
        """
        self._check_shape(x)
        with blaming(self._offer.id, "brownian"):
            paths = [blamed(self._offer.id, "brownian", self._path(seed, low, high)) for seed in self._seeds]
        return lambda sigma, below: self._stacked([between(sigma, below) for between in paths]).to(x)

    def _path(self, seed: ImageSeed, low: float, high: float) -> Increments:
        own = self._offer.definition.brownian
        if own:
            return own(seed, self._shape, low, high, self._ctx, self._params)
        return brownian_path(
            seed.seed, low, high, lambda node: torch.randn(self._shape, generator=self._ctx.generator(node))
        )

    def _stacked(self, rows: Sequence[Tensor | None]) -> Tensor:
        made = torch.stack([self._checked(row) for row in rows]).to(self._ctx.device, torch.float32)
        pictures = made[: self._count]
        for mask, own in zip(self._masks, made[self._count :], strict=True):
            pictures = torch.where(mask, own, pictures)
        return pictures

    def _checked(self, row: Tensor | None) -> Tensor:
        if row is None:
            raise StageFailed(self._offer.id, "its noise ended; a noise yields for as long as it is asked")
        if tuple(row.shape) != self._shape:
            raise StageFailed(self._offer.id, f"it gave noise of {tuple(row.shape)} instead of {self._shape}")
        return row

    def _check_shape(self, x: Tensor) -> None:
        """The sampler that runs at the time is blamed for this one."""
        if tuple(x.shape) != (self._count, *self._shape):
            raise ValueError(
                f"it asked for noise of {tuple(x.shape)}, but the pictures are {(self._count, *self._shape)}"
            )


def _area_seeds(areas: Sequence[SeededArea]) -> list[ImageSeed]:
    return [ImageSeed(seed=area.seed) for area in areas]
