"""Hints: what control networks see, when and how strongly they are heard, and what they add to the UNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import inf
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor

from limner_sdk import Box, FileReference

if TYPE_CHECKING:
    from diffusers import ControlNetModel

#: Pixels of a hint per latent cell and axis: every control network shrinks its hint so often.
PIXELS_PER_CELL: Final = 8
#: Samplers that compute a level anew may miss the schedule's by a rounding error.
_SLACK: Final = 1 + 1e-6


@dataclass(frozen=True, eq=False)
class ControlNetwork:
    """A loaded control network (arXiv:2302.05543); `digest` is the SHA-256 of its weights."""

    name: str
    digest: str
    network: ControlNetModel = field(repr=False)

    @property
    def reference(self) -> FileReference:
        """The network as a recipe names it."""
        return FileReference(name=self.name, digest=self.digest)


@dataclass(frozen=True, eq=False)
class ControlHint:
    """One network's hint (1, 3, H, W) in 0 … 1, at 8 pixels per latent cell, and how strongly it is followed.

    It is heard at the noise levels from `begin_sigma` down to `end_sigma`, the first included, the last not.
    """

    network: ControlNetwork
    hint: Tensor = field(repr=False)
    weight: float = 1.0
    begin_sigma: float = inf
    end_sigma: float = 0.0

    def crop(self, box: Box, /) -> ControlHint:
        """The hint for a part of the picture, `box` being in latent cells."""
        left, top, width, height = (PIXELS_PER_CELL * side for side in box)
        return replace(self, hint=self.hint[..., top : top + height, left : left + width])

    def heard(self, sigma: float) -> bool:
        """Whether the network has a say at the level `sigma`."""
        return self.weight != 0 and self.end_sigma * _SLACK < sigma <= self.begin_sigma * _SLACK

    def alike(self, other: ControlHint, /) -> bool:
        """Whether both say the same, so that one row's hint is right for the other's."""
        mine, yours = self.hint, other.hint
        same_pixels = mine.data_ptr() == yours.data_ptr() and mine.shape == yours.shape
        same_say = (self.weight, self.begin_sigma, self.end_sigma) == (
            other.weight,
            other.begin_sigma,
            other.end_sigma,
        )
        return self.network is other.network and same_pixels and mine.stride() == yours.stride() and same_say


def same_hints(controls: Sequence[ControlHint], others: Sequence[ControlHint]) -> bool:
    """Whether two rows of conditioning hear the same hints, so that one call of the network can serve both."""
    return len(controls) == len(others) and all(a.alike(b) for a, b in zip(controls, others, strict=True))


def residuals(
    controls: Sequence[ControlHint],
    sigma: float,
    x: Tensor,
    timestep: Tensor,
    hidden: Tensor,
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """What all networks that are heard at `sigma` add to the UNet, as keyword arguments for diffusers' UNet.

    `x` (B, C, h, w) is the scaled latent without an inpainting model's further channels, `hidden` (B, T, D) the
    encoded prompt, `extra` what the UNet gets beside it, such as SDXL's `added_cond_kwargs`. Each network's share is
    multiplied by its weight, and all are added up. It is empty if no network is heard.
    """
    outputs = [_output(control, x, timestep, hidden, extra) for control in controls if control.heard(sigma)]
    if not outputs:
        return {}
    downs, mids = zip(*outputs, strict=True)
    return {
        "down_block_additional_residuals": tuple(reduce(torch.add, blocks) for blocks in zip(*downs, strict=True)),
        "mid_block_additional_residual": reduce(torch.add, mids),
    }


def _output(
    control: ControlHint, x: Tensor, timestep: Tensor, hidden: Tensor, extra: Mapping[str, Any]
) -> tuple[Sequence[Tensor], Tensor]:
    network: Any = control.network.network
    # The hint was made in the network's type; to ask the network for it would walk through all of its modules.
    dtype = control.hint.dtype
    downs, mid = network(
        x.to(dtype),
        timestep,
        hidden.to(dtype),
        controlnet_cond=control.hint.expand(len(x), -1, -1, -1),
        conditioning_scale=control.weight,
        return_dict=False,
        **extra,
    )
    return downs, mid
