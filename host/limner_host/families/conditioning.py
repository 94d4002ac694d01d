"""What a prompt becomes: hidden states, and whatever else a network is shown beside the noisy latent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import torch
from torch import Tensor

from limner_host.controls.hints import ControlHint, joined_hints, same_hints
from limner_host.cutting import cut
from limner_sdk import Box, Conditioning

#: Of the autoencoders that SDXL is used with.
_PIXELS_PER_CELL: Final = 8


@dataclass(frozen=True)
class TextConditioning:
    """One row per picture: the text encoders' hidden states (B, N, D), and where a family has them, more.

    `pooled` (B, P) sums the prompt up. `time_ids` (B, 6) are SDXL's sizes in pixels (arXiv:2307.01952, section 2.2).
    `canvas` (B, 1 + C, h, w) is what inpainting networks see of the picture: the mask, 1 where they draw, then the
    latent of the masked picture. `controls` are the hints of control networks, one for all rows or one for each.
    """

    hidden: Tensor
    pooled: Tensor | None = None
    time_ids: Tensor | None = None
    canvas: Tensor | None = None
    controls: tuple[ControlHint, ...] = ()

    @property
    def parts(self) -> tuple[Tensor | None, ...]:
        """What has a row per picture."""
        return self.hidden, self.pooled, self.time_ids, self.canvas

    def crop(self, box: Box, /) -> TextConditioning:
        """Words hold for every part of the picture; canvas and hints are cut to the box, and SDXL is told where it is.

        A box that goes on past the right edge comes in again at the left one.
        """
        if self.time_ids is None and self.canvas is None and not self.controls:
            return self
        canvas = None if self.canvas is None else cut(self.canvas, box)
        sizes = None if self.time_ids is None else _part_ids(self.time_ids, box)
        return replace(self, canvas=canvas, time_ids=sizes, controls=tuple(hint.crop(box) for hint in self.controls))

    def alike(self, other: Conditioning, /) -> bool:
        """Whether both have the same parts, of the same shapes, and hear the same networks in the same way."""
        if not isinstance(other, TextConditioning) or not same_hints(self.controls, other.controls):
            return False
        pairs = zip(self.parts, other.parts, strict=True)
        return all(_shape(mine) == _shape(its) for mine, its in pairs)

    def expand(self, count: int, /) -> TextConditioning:
        """The only row, `count` times."""
        return self._each(lambda part: part.expand(count, *part.shape[1:]))

    def join(self, other: Conditioning, /) -> TextConditioning:
        """Both batches, one after the other."""
        its = cast(TextConditioning, other)
        pairs = zip(self.parts, its.parts, strict=True)
        parts = [None if mine is None or part is None else torch.cat([mine, part]) for mine, part in pairs]
        controls = joined_hints((self.controls, len(self.hidden)), (its.controls, len(its.hidden)))
        return self._with(parts, controls)

    def rows(self, start: int, stop: int, /) -> TextConditioning:
        """Some of the batch's pictures."""
        picked = self._each(lambda part: part[start:stop])
        return picked.with_controls(tuple(hint.rows(start, stop) for hint in self.controls))

    def with_controls(self, controls: tuple[ControlHint, ...]) -> TextConditioning:
        """The same, with these hints."""
        return replace(self, controls=controls)

    def _each(self, change: Callable[[Tensor], Tensor]) -> TextConditioning:
        return self._with([None if part is None else change(part) for part in self.parts], self.controls)

    def _with(self, parts: Sequence[Tensor | None], controls: tuple[ControlHint, ...]) -> TextConditioning:
        hidden, pooled, time_ids, canvas = parts
        return TextConditioning(cast(Tensor, hidden), pooled, time_ids, canvas, controls)


def _part_ids(time_ids: Tensor, box: Box) -> Tensor:
    """SDXL's sizes of a part: cut from the same picture, so much further down and right, and as large as the part."""
    left, top, width, height = (_PIXELS_PER_CELL * side for side in box)
    whole, corner = time_ids[:, :2], time_ids[:, 2:4] + time_ids.new_tensor([top, left])
    return torch.cat([whole, corner, time_ids.new_tensor([[height, width]]).expand(len(time_ids), 2)], dim=1)


def _shape(part: Tensor | None) -> torch.Size | None:
    return None if part is None else part.shape[1:]
