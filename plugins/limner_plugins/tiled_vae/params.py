"""What can be set about the tiled VAE."""

from __future__ import annotations

from typing import Literal

from limner_sdk import Params, param


class TiledParams(Params):
    """How the autoencoder is cut into bands, and where what lies between its layers is kept."""

    mode: Literal["exact", "fast"] = param(
        "exact", "exact: as untiled. fast: approximate, one pass, guessed statistics."
    )
    tile: int | None = param(None, "Rows of a band in latent cells; empty takes what free memory allows.", ge=1, le=512)
    colour_fix: bool = param(False, "Fast encoding guesses only up to the first shrinking, for truer colours.")
    park: Literal["auto", "device", "ram"] = param("auto", "Where maps wait between layers; auto goes by free memory.")
    estimate: int = param(48, "Longest side in latent cells of the small copy that fast mode guesses by.", ge=8, le=256)
