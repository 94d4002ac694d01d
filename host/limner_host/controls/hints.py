"""Hints: what control networks see, when and how strongly they are heard, and what they add to the UNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import inf
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor

from limner_host.cutting import cut
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
    """One network's hint (B, 3, H, W) in 0 … 1, at 8 pixels per latent cell, and how strongly it is followed.

    B is the number of rows of what it goes with, or 1 if all of them see the same hint.
    It is heard at the noise levels from `begin_sigma` down to `end_sigma`, the first included, the last not.
    """

    network: ControlNetwork
    hint: Tensor = field(repr=False)
    weight: float = 1.0
    begin_sigma: float = inf
    end_sigma: float = 0.0

    def crop(self, box: Box, /) -> ControlHint:
        """The hint for a part of the picture, `box` being in latent cells; past the right edge it goes round."""
        return replace(self, hint=cut(self.hint, box, PIXELS_PER_CELL))

    def rows(self, start: int, stop: int, /) -> ControlHint:
        """The hint of some rows."""
        return self if len(self.hint) == 1 else replace(self, hint=self.hint[start:stop])

    def heard(self, sigma: float) -> bool:
        """Whether the network has a say at the level `sigma`."""
        return self.weight != 0 and self.end_sigma * _SLACK < sigma <= self.begin_sigma * _SLACK

    def alike(self, other: ControlHint, /) -> bool:
        """Whether both are heard alike, so that one call of the network can serve both."""
        mine, yours = ((h.weight, h.begin_sigma, h.end_sigma, h.hint.shape[1:], h.hint.dtype) for h in (self, other))
        return self.network is other.network and mine == yours

    def join(self, rows: int, other: ControlHint, other_rows: int, /) -> ControlHint:
        """The hint for `rows` rows of this one, then `other_rows` of the other; a single one if they are the same."""
        mine, yours = self.hint, other.hint
        if len(mine) == len(yours) == 1 and _same_tensor(mine, yours):
            return self
        both = mine.expand(rows, -1, -1, -1), yours.expand(other_rows, -1, -1, -1)
        return replace(self, hint=torch.cat(both))


def _same_tensor(one: Tensor, other: Tensor) -> bool:
    """Whether both look at the same numbers in the same way."""
    seen = ((t.data_ptr(), t.shape, t.stride(), t.dtype, t.device) for t in (one, other))
    return next(seen) == next(seen)


def same_hints(controls: Sequence[ControlHint], others: Sequence[ControlHint]) -> bool:
    """Whether two rows of conditioning hear the same networks alike, so that one call of each can serve both."""
    return len(controls) == len(others) and all(a.alike(b) for a, b in zip(controls, others, strict=True))


#: Hints, and the number of rows that they are for.
Heard = tuple[tuple[ControlHint, ...], int]


def joined_hints(mine: Heard, others: Heard) -> tuple[ControlHint, ...]:
    """The hints for both batches' rows, one after the other."""
    (controls, rows), (theirs, more) = mine, others
    return tuple(hint.join(rows, other, more) for hint, other in zip(controls, theirs, strict=True))


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
