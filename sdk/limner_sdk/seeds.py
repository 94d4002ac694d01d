"""What fixes a picture's starting noise: a seed, and variations mixed into it one after another."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

LARGEST_SEED: Final = 2**32 - 1


class Variation(BaseModel):
    """One step of a chain: the noise of `seed`, mixed in with `strength` (0 keeps the old, 1 takes the new)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(ge=0, le=LARGEST_SEED)
    strength: float = Field(ge=0, le=1, allow_inf_nan=False)


class ImageSeed(BaseModel):
    """Everything that a `NoiseDef` may draw one picture's noise from."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(ge=0, le=LARGEST_SEED)
    variations: tuple[Variation, ...] = ()


def following(seed: int, steps: int) -> int:
    """The seed `steps` after `seed`, going round at the largest."""
    return (seed + steps) % (LARGEST_SEED + 1)
