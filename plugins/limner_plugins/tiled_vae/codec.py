"""The codec: pictures and latents through the steps of the network, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from limner_sdk import Box, CodecContext, NetworkCodec

from .pace import Heights, Progress, most_parked, work_of
from .params import TiledParams
from .parking import Map, Parking
from .program import Program, decoder, encoder
from .running import Guess, exact, fast
from .sweeping import Workshop

#: The part of free memory that parked maps may take before they go to main memory.
_COMFORTABLE: Final = 0.5


class TiledCodec:
    """A `limner_sdk.PartsCodec` that runs another codec's network in bands of rows.

    `parking` is that of the last run, and knows the most bytes that were parked.
    """

    def __init__(self, codec: NetworkCodec, ctx: CodecContext, params: TiledParams) -> None:
        self._codec, self._ctx, self._params = codec, ctx, params
        self._decoder, self._encoder = decoder(codec.autoencoder), encoder(codec.autoencoder)
        weight = next(codec.autoencoder.parameters())
        self._dtype, self._device = weight.dtype, weight.device
        self.parking = Parking(self._device, away=False)

    @property
    def channels(self) -> int:
        """Channels of a latent."""
        return self._codec.channels

    @property
    def downscale(self) -> int:
        """Pixels per latent cell and axis."""
        return self._codec.downscale

    @torch.no_grad()
    def decode(self, latent: Tensor, /) -> Tensor:
        """(B, C, h, w) to (B, 3, H, W) in float32 or better, about -1 … 1. Raises `Cancelled`."""
        return self._all(self._decoder, self._codec.unscaled(latent), self._decoding(latent))

    @torch.no_grad()
    def parts(self, latent: Tensor, /) -> Iterator[tuple[Box, Tensor]]:
        """Bands of the picture of one latent (1, C, h, w) as the last layer makes them. Raises `Cancelled`."""
        z = self._codec.unscaled(latent)
        for top, rows in self._run(self._decoder, z, self._progress(self._decoder, z), self._decoding(latent)):
            yield Box(0, top, rows.shape[3], rows.shape[2]), rows

    @torch.no_grad()
    def encode(self, picture: Tensor, /) -> Tensor:
        """(B, 3, H, W) in -1 … 1 to (B, C, h, w) in float32 or better. Raises `Cancelled`."""
        stop = self._encoder.shrunk if self._params.colour_fix else self._encoder.heart
        guess = Guess(0, stop, self._params.estimate * self.downscale)
        return self._codec.scaled(self._all(self._encoder, picture, guess).chunk(2, 1)[0])

    def _decoding(self, latent: Tensor) -> Guess:
        return Guess(self._decoder.tail, len(self._decoder.steps), self._params.estimate)

    def _all(self, program: Program, batch: Tensor, guess: Guess) -> Tensor:
        """The results for a batch, picture by picture."""
        progress = self._progress(program, batch)
        whole: Tensor | None = None
        for row in range(batch.shape[0]):
            for top, rows in self._run(program, batch[row : row + 1], progress, guess):
                if whole is None:
                    shape = (batch.shape[0], rows.shape[1], *program.size(*batch.shape[2:]))
                    whole = torch.empty(shape, dtype=rows.dtype, device=rows.device)
                whole[row, :, top : top + rows.shape[2]] = rows[0]
        assert whole is not None
        return whole

    def _run(self, program: Program, values: Tensor, progress: Progress, guess: Guess) -> Iterator[tuple[int, Tensor]]:
        shop = self._shop(program, values, progress)
        source = Map(values, None, self._device)
        full = torch.promote_types(self._dtype, torch.float32)
        guessing = self._params.mode == "fast" and guess.stop > guess.start
        bands = fast(shop, program, source, guess) if guessing else exact(shop, program.steps, source)
        try:
            for top, rows in bands:
                yield top, rows.to(full)
        finally:
            shop.parking.clear()

    def _shop(self, program: Program, values: Tensor, progress: Progress) -> Workshop:
        height, width = values.shape[2:]
        cells = height if program is self._decoder else max(1, height // self.downscale)
        heights = Heights(self._ctx, self._params.tile, cells, self._dtype.itemsize)
        needed = most_parked(program.steps, height, width, self._dtype.itemsize)
        cramped = needed > _COMFORTABLE * self._ctx.free_memory()
        away = self._params.park == "ram" or (self._params.park == "auto" and cramped)
        self.parking = Parking(self._device, away=away)
        return Workshop(self._dtype, self.parking, heights, progress)

    def _progress(self, program: Program, batch: Tensor) -> Progress:
        return Progress(self._ctx, batch.shape[0] * work_of(program.steps, *batch.shape[2:]))
