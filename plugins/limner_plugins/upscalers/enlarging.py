"""A picture through a network, tile by tile, from the top to the bottom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from limner_sdk import Context, Image, LastUsed, WeightFile, to_picture, to_pixels

from .networks import Network
from .params import UpscaleParams, check
from .tiles import Span, shares, spans

#: Where memory runs out, tiles are halved down to this side.
_LEAST_TILE = 64


@dataclass(frozen=True)
class Enlarger:
    """An `UpscalerDef`'s function: the network of one file, which is loaded when it is first used."""

    file: WeightFile
    networks: LastUsed[Network]

    def __call__(self, image: Image, ctx: Context, params: UpscaleParams) -> Image:
        """The picture, enlarged. Raises `InvalidRequest` for tiles that cannot be, and `UnusableModel`."""
        check(params)
        network = self.networks.of(self.file)
        network.ready(ctx.device, ctx.dtype)
        try:
            return enlarged(image, network, ctx, params)
        except torch.OutOfMemoryError:
            smaller = _smaller(image, params)
            if smaller is None:
                raise
        ctx.log.warning("not enough memory for %s; going on with tiles of %d pixels", self.file.file, smaller.tile)
        return self(image, ctx, smaller)


def _smaller(image: Image, params: UpscaleParams) -> UpscaleParams | None:
    tile = min(params.tile or max(image.size), max(image.size)) // 2
    if tile < _LEAST_TILE:
        return None
    return params.model_copy(update={"tile": tile, "overlap": min(params.overlap, tile // 2)})


@torch.inference_mode()
def enlarged(image: Image, network: Network, ctx: Context, params: UpscaleParams) -> Image:
    """The picture, `network.scale` times as wide and high.

    Finished rows become 8-bit at once, so that no more than one row of tiles is held in floats.
    """
    from PIL import Image as Pillow

    work = _Work(to_pixels(image), network, ctx, params)
    result = Pillow.new("RGB", (image.width * network.scale, image.height * network.scale))
    for top, rows in work.finished_rows():
        result.paste(to_picture(rows), (0, top))
    return result


class _Work:
    """One picture's tiles."""

    def __init__(self, pixels: Tensor, network: Network, ctx: Context, params: UpscaleParams) -> None:
        self.pixels, self.network, self.ctx = pixels, network, ctx
        height, width = pixels.shape[1:]
        self.rows = spans(height, params.tile, params.overlap, network.multiple)
        self.columns = spans(width, params.tile, params.overlap, network.multiple)
        self.across = shares(self.columns, network.scale)
        self.down = shares(self.rows, network.scale)
        self.done = 0

    def finished_rows(self) -> Iterator[tuple[int, Tensor]]:
        """Rows (3, h, W) that no later tile touches, each with where they begin, in pixels of the result."""
        scale = self.network.scale
        rest: Any = None
        ends = [row.start for row in self.rows[1:]] + [self.rows[-1].stop]
        for row, share, end in zip(self.rows, self.down, ends, strict=True):
            band = self._band(row) * share[:, None].to(self.ctx.device)
            if rest is not None:
                band[:, : rest.shape[1]] += rest
            ready = (end - row.start) * scale
            yield row.start * scale, band[:, :ready]
            rest = band[:, ready:]

    def _band(self, row: Span) -> Tensor:
        """All tiles of one row, faded into each other from left to right."""
        scale = self.network.scale
        band = torch.zeros(3, row.length * scale, self.pixels.shape[2] * scale, device=self.ctx.device)
        for column, share in zip(self.columns, self.across, strict=True):
            self.ctx.check_cancelled()
            tile = self.pixels[:, row.start : row.stop, column.start : column.stop].to(self.ctx.device)
            made = self.network.enlarged(tile)
            band[:, :, column.start * scale : column.stop * scale] += made * share.to(self.ctx.device)
            self._report()
        return band

    def _report(self) -> None:
        self.done += 1
        total = len(self.rows) * len(self.columns)
        self.ctx.report(self.done / total, f"tile {self.done} of {total}")
