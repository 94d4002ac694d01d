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

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every seed of the chain, once, in the order in which they first come."""
        return tuple(dict.fromkeys((self.seed, *(variation.seed for variation in self.variations))))

    def shifted(self, steps: int) -> ImageSeed:
        """The same chain of the seeds that come `steps` later, going round at the largest."""
        variations = tuple(Variation(seed=following(v.seed, steps), strength=v.strength) for v in self.variations)
        return ImageSeed(seed=following(self.seed, steps), variations=variations)


def following(seed: int, steps: int) -> int:
    """The seed `steps` after `seed`, going round at the largest."""
    return (seed + steps) % (LARGEST_SEED + 1)
