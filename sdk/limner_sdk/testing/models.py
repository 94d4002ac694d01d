"""A model that is none: simple arithmetic in place of networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

from limner_sdk.errors import ContractError
from limner_sdk.model import Conditioning, Encoding, Span
from limner_sdk.types import Box, Tensor


class FakeLevels:
    """Stable Diffusion's range of noise levels, straight in log sigma."""

    sigma_min: float = 0.0292
    sigma_max: float = 14.6146
    timesteps: int = 1000

    def sigma(self, timestep: float, /) -> float:
        """The level at a fractional timestep."""
        part = timestep / (self.timesteps - 1)
        return exp((1 - part) * log(self.sigma_min) + part * log(self.sigma_max))

    def timestep(self, sigma: float, /) -> float:
        """The fractional timestep of a level."""
        part = (log(sigma) - log(self.sigma_min)) / (log(self.sigma_max) - log(self.sigma_min))
        return part * (self.timesteps - 1)


@dataclass(frozen=True)
class FakeConditioning:
    """Prompts that are numbers, one a row, each the same for every part of its picture."""

    values: tuple[float, ...]

    def crop(self, box: Box, /) -> FakeConditioning:
        """It holds everywhere."""
        return self

    def alike(self, other: Conditioning, /) -> bool:
        """Any two of its kind go together."""
        return isinstance(other, FakeConditioning)

    def join(self, other: Conditioning, /) -> FakeConditioning:
        """This one's rows first."""
        if not isinstance(other, FakeConditioning):
            raise ContractError(f"a {type(other).__name__} is joined to what is not alike; ask `alike` first")
        return FakeConditioning(self.values + other.values)

    def expand(self, count: int, /) -> FakeConditioning:
        """`count` rows of the one that there is."""
        if len(self.values) != 1:
            raise ContractError(f"a conditioning of {len(self.values)} rows is expanded; only one of 1 row can be")
        return FakeConditioning(self.values * count)

    def rows(self, start: int, stop: int, /) -> FakeConditioning:
        """Those of some pictures."""
        return FakeConditioning(self.values[start:stop])


class FakeCodec:
    """Means over squares of 8 pixels, and back without their details; a latent has four channels."""

    channels: int = 4
    downscale: int = 8

    def encode(self, picture: Tensor, /) -> Tensor:
        """(B, 3, H, W) to (B, 4, H / 8, W / 8)."""
        import torch
        from torch.nn import functional as F

        small = F.avg_pool2d(picture, self.downscale)
        return torch.cat([small, small.mean(1, keepdim=True)], dim=1)

    def decode(self, latent: Tensor, /) -> Tensor:
        """(B, 4, h, w) to (B, 3, 8 h, 8 w)."""
        from torch.nn import functional as F

        return F.interpolate(latent[:, :3], scale_factor=self.downscale, mode="nearest")


class FakeModel:
    """Predicts what is best for data of unit variance, moved a little by the prompt."""

    levels = FakeLevels()
    codec = FakeCodec()
    digest: str = "0" * 64

    def encode(self, prompt: Sequence[Span], how: Encoding, /) -> FakeConditioning:
        """A prompt's length, in one row."""
        return FakeConditioning((sum(len(span.text) for span in prompt),))

    def predict(self, x: Tensor, sigma: float, cond: Any, /) -> Tensor:
        """The clean latent. Raises `ContractError` for another number of prompts than of pictures."""
        values: tuple[float, ...] = cond.values
        if len(values) != len(x):
            raise ContractError(
                f"{len(x)} pictures are predicted by {len(values)} rows of conditioning; give a row each"
            )
        return x / (1 + sigma**2) + 0.01 * x.new_tensor(values).view(-1, 1, 1, 1)
