"""What can be set about noise: how variations mix, the old size of a picture, and what the sampler's noise follows."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from limner_sdk import Params, param

Mix: TypeAlias = Literal["preserving", "slerp", "a1111"]

#: Pixels per latent cell of every family so far.
CELL: Final = 8


class NoiseParams(Params):
    """What all sources of noise have."""

    mix: Mix = param("preserving", "How a variation's noise is mixed in; a1111 goes column by column, as there.")
    resize_width: int | None = param(None, "Width in pixels of an older picture to stay close to.", ge=64, le=4096)
    resize_height: int | None = param(None, "Height in pixels of an older picture to stay close to.", ge=64, le=4096)
    vary_sampler: bool = param(False, "Variations change the sampler's noise too; strength 1 is the other seed.")
    ensd: int = param(
        0, "Eta noise seed delta: added to the seed for the sampler's noise.", ge=-(2**32 - 1), le=2**32 - 1
    )

    def old_shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """The shape of the older picture's noise; a side that is not set is that of `shape` (C, H, W)."""
        channels, height, width = shape
        return (
            channels,
            self.resize_height // CELL if self.resize_height else height,
            self.resize_width // CELL if self.resize_width else width,
        )


class FieldParams(NoiseParams):
    """What noise by coordinate has besides."""

    anchor: Literal["corner", "centre"] = param("corner", "Where coordinates count from as the picture grows.")
