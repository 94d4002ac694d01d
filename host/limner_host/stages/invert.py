"""Invert: a picture's own noise is found, from which it would be drawn again."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from limner_host.offers import Offer
from limner_host.run import InversionRun
from limner_sdk import Denoise, InversionDef, Stage, StageFailed


def inverted(
    offer: Offer[InversionDef[Any]], stage: Stage, latent: Tensor, noise: Tensor, denoise: Denoise, ctx: InversionRun
) -> Tensor:
    """Noise (B, C, h, w) in units of the first level that leads back to `latent` (1 or B, C, h, w).

    Raises `StageFailed` for noise that is not of the shape of the fresh `noise`, or not finite.
    """
    made = offer.definition.run(latent, noise, denoise, ctx, offer.params_of(stage))
    if not isinstance(made, Tensor) or made.shape != noise.shape:
        shown = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
        raise StageFailed(offer.id, f"it gave {shown} instead of noise of {tuple(noise.shape)}")
    if not bool(made.isfinite().all()):
        raise StageFailed(offer.id, "it gave noise that is not finite; try fewer steps or less retouching")
    return made.to(noise)
