"""What can be set about tiles. Sides are latent cells, of 8 pixels."""

from __future__ import annotations

from limner_sdk import Params, param


class TileParams(Params):
    """How large tiles are, and how far they overlap."""

    tile_width: int | None = param(None, "Tile width in latent cells; empty is the model's own size.", ge=4, le=1024)
    tile_height: int | None = param(None, "Tile height in latent cells; empty is the model's own size.", ge=4, le=1024)
    overlap: int | None = param(None, "Least overlap in cells; empty is a quarter of the tile.", ge=0, le=1023)
    batch: int | None = param(None, "Tiles in one call of the network; empty goes by free memory.", ge=1, le=64)


class RingParams(TileParams):
    """Tiles that may go round."""

    wrap: bool = param(False, "A panorama: the left and right edges touch without a seam.")


class MixtureParams(RingParams):
    """The Gaussian window."""

    variance: float = param(0.01, "Of the window, in tile sides squared; smaller is steeper.", ge=0.001, le=1)
