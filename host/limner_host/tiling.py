"""Tiled diffusion: the prediction of a whole latent, fused from the predictions of its tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

import torch
from torch import Tensor

from limner_sdk import Box, Guidance, Params, Predict, Size, TilerDef

from .cutting import cut
from .kept import Kept
from .offers import Offer
from .run import TilerRun
from .tile_batches import TileBatches, gauge_for
from .tile_layout import Layout, laid_out, planned

#: How many plans are remembered: those of all regions, or of some steps of a plan that shifts.
MOST_LAYOUTS: Final = 32
#: How many batches' joined conditionings are remembered.
MOST_JOINED: Final = 32


def tiled(
    predict: Predict,
    offer: Offer[TilerDef[Any]],
    params: Params,
    ctx: TilerRun,
    at: Callable[[float], int],
    batches: TileBatches | None = None,
) -> Predict:
    """Predict tile by tile and fuse the predictions by weight; `at` gives the number of the step at a level.

    The weighted mean of predictions is MultiDiffusion's (arXiv:2302.08113). One tile that is the whole canvas is
    predicted as if there were no tiler. Raises `StageFailed` for a plan that leaves cells out or the canvas.
    """
    fusion = Fusion(predict, ctx, batches or TileBatches(gauge_for(ctx.device)))
    layouts: Kept[Layout] = Kept(MOST_LAYOUTS)
    sizes: dict[Size, Size] = {}

    def fused(x: Tensor, sigma: float, guidance: Guidance) -> Tensor:
        size = Size(x.shape[-1], x.shape[-2])
        # What is kept is found by identity.
        key = planned(offer, size, at(sigma), ctx, params), sizes.setdefault(size, size)
        layout = layouts.get(key, lambda: laid_out(key[0], size, x.device, offer.id))
        return predict(x, sigma, guidance) if layout.is_whole else fusion.fused(x, sigma, guidance, layout)

    return fused


@dataclass(frozen=True)
class Fusion:
    """Predicts the tiles of a layout in batches. What the network is shown of each tile is cut and joined only once."""

    predict: Predict
    ctx: TilerRun
    batches: TileBatches
    crops: Kept[list[Guidance]] = field(default_factory=lambda: Kept(MOST_LAYOUTS))
    joined: Kept[Guidance | None] = field(default_factory=lambda: Kept(MOST_JOINED))

    def fused(self, x: Tensor, sigma: float, guidance: Guidance, layout: Layout) -> Tensor:
        """The mean of all tiles' predictions, by their shares, summed up in float32."""
        total = torch.zeros(x.shape, dtype=torch.float32, device=x.device)
        parts = self.crops.get((guidance, layout), lambda: [part_of(guidance, tile.box) for tile in layout.tiles])
        done = 0
        for numbers in layout.sized:
            while numbers:
                self.ctx.report(done / len(layout.tiles), f"tile {done + 1} of {len(layout.tiles)}")
                count = self._add(total, x, sigma, layout, numbers, parts)
                done, numbers = done + count, numbers[count:]
        return total.to(x.dtype)

    def _add(
        self, total: Tensor, x: Tensor, sigma: float, layout: Layout, numbers: Sequence[int], parts: Sequence[Guidance]
    ) -> int:
        """Add the next tiles of those with these `numbers`; how many they were, 0 if they were too many for memory."""
        first = layout.tiles[numbers[0]].box
        shape = (*x.shape[:2], first.height, first.width)
        count = self.batches.count(len(numbers), shape, layout.batch)
        tiles, guidances = [layout.tiles[k] for k in numbers[:count]], tuple(parts[k] for k in numbers[:count])
        shown = [cut(x, tile.box) for tile in tiles]
        made = self.batches.attempt(count, shape, lambda: self._predicted(shown, sigma, guidances))
        if made is None:
            return 0
        for tile, prediction in zip(tiles, made.split(len(x)), strict=True):
            tile.add(total, prediction)
        return count

    def _predicted(self, shown: Sequence[Tensor], sigma: float, guidances: tuple[Guidance, ...]) -> Tensor:
        """The predictions of some tiles, all pictures of the first tile first."""
        if len(shown) == 1:
            return self.predict(shown[0], sigma, guidances[0])
        together = self.joined.get(guidances, lambda: joined(guidances))
        if together is None:
            return torch.cat([self.predict(x, sigma, guidance) for x, guidance in zip(shown, guidances, strict=True)])
        return self.predict(torch.cat(list(shown)), sigma, together)


def part_of(guidance: Guidance, box: Box) -> Guidance:
    """The guidance of one tile; the very same one if nothing in it depends on the place."""
    part = guidance.crop(box)
    pairs = zip(part.positives, guidance.positives, strict=True)
    same = part.negative is guidance.negative and all(mine is whole for (mine, _), (whole, _) in pairs)
    return guidance if same else part


def joined(guidances: Sequence[Guidance]) -> Guidance | None:
    """One guidance for all tiles of a batch; None if they cannot go through the network together."""
    first, *others = guidances
    if not all(_alike(first, other) for other in others):
        return None
    return reduce(lambda before, other: before.join(other), others, first)


def _alike(one: Guidance, other: Guidance) -> bool:
    pairs = zip(one.positives, other.positives, strict=True)
    return one.negative.alike(other.negative) and all(mine.alike(its) for (mine, _), (its, _) in pairs)
