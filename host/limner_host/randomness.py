"""The noise of a batch: each picture's from its own stream, so that no picture depends on its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from limner_sdk import Box, ImageSeed, Increments, NoiseContext, NoiseDef, SeededArea, Size, StageFailed, brownian_path

from .blame import blamed, blaming
from .cutting import cut
from .offers import Offer


@dataclass(frozen=True)
class Placed:
    """Where each picture of a batch lies on a canvas of `size`, in latent cells."""

    size: Size
    boxes: tuple[Box, ...]


class NoiseSource:
    """Draws for a batch of pictures of `shape` (C, H, W) in latent cells, row k from `seeds[k]` alone.

    The cells of `areas` come from those areas' own seeds instead, in every picture, the later area on top. Pictures
    that are `placed` on a canvas show the canvas' noise at their place, whatever the plugin that draws it.

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
        placed: Placed | None = None,
    ) -> None:
        self._offer, self._params, self._ctx = offer, params, ctx
        self._seeds, self._shape, self._count = (*seeds, *_area_seeds(areas)), shape, len(seeds)
        self._masks = [area.mask.to(ctx.device) for area in areas]
        self._placed = placed
        self._drawn = (shape[0], placed.size.height, placed.size.width) if placed else shape
        with blaming(offer.id, "noise"):
            # Parts of one canvas share its seed, and its noise is drawn once for all of them.
            self._streams: dict[ImageSeed, Iterator[Tensor]] = {
                seed: offer.definition.run(seed, self._drawn, ctx, params) for seed in dict.fromkeys(self._seeds)
            }

    def draw(self) -> Tensor:
        """The next draw of every picture, (B, C, H, W) float32 on the run's device. The first starts the pictures.

        Raises `StageFailed` for a draw of another shape, and for noise that ends.
        """
        with blaming(self._offer.id, "noise"):
            drawn = {seed: next(stream, None) for seed, stream in self._streams.items()}
        return self._stacked([drawn[seed] for seed in self._seeds])

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
            paths = {
                seed: blamed(self._offer.id, "brownian", self._path(seed, low, high))
                for seed in dict.fromkeys(self._seeds)
            }

        def increments(sigma: float, below: float) -> Tensor:
            drawn = {seed: between(sigma, below) for seed, between in paths.items()}
            return self._stacked([drawn[seed] for seed in self._seeds]).to(x)

        return increments

    def _path(self, seed: ImageSeed, low: float, high: float) -> Increments:
        own = self._offer.definition.brownian
        if own:
            return own(seed, self._drawn, low, high, self._ctx, self._params)
        return brownian_path(
            seed.seed, low, high, lambda node: torch.randn(self._drawn, generator=self._ctx.generator(node))
        )

    def _stacked(self, rows: Sequence[Tensor | None]) -> Tensor:
        made = torch.stack([self._window(self._checked(row), k) for k, row in enumerate(rows)]).to(
            self._ctx.device, torch.float32
        )
        pictures = made[: self._count]
        for mask, own in zip(self._masks, made[self._count :], strict=True):
            pictures = torch.where(mask, own, pictures)
        return pictures

    def _checked(self, row: Tensor | None) -> Tensor:
        if row is None:
            raise StageFailed(self._offer.id, "its noise ended; a noise yields for as long as it is asked")
        if tuple(row.shape) != self._drawn:
            raise StageFailed(self._offer.id, f"it gave noise of {tuple(row.shape)} instead of {self._drawn}")
        return row

    def _window(self, row: Tensor, number: int) -> Tensor:
        """What the picture `number` shows of a draw."""
        return row if self._placed is None else cut(row, self._placed.boxes[number])

    def _check_shape(self, x: Tensor) -> None:
        """The sampler that runs at the time is blamed for this one."""
        if tuple(x.shape) != (self._count, *self._shape):
            raise ValueError(
                f"it asked for noise of {tuple(x.shape)}, but the pictures are {(self._count, *self._shape)}"
            )


def _area_seeds(areas: Sequence[SeededArea]) -> list[ImageSeed]:
    return [ImageSeed(seed=area.seed) for area in areas]
