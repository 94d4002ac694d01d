"""What a prompt becomes: hidden states, and whatever else a network is shown beside the noisy latent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from limner_host.controls.hints import ControlHint, same_hints
from limner_sdk import Box, Conditioning


@dataclass(frozen=True)
class TextConditioning:
    """One row per picture: the text encoders' hidden states (B, N, D), and where a family has them, more.

    `pooled` (B, P) sums the prompt up. `time_ids` (B, 6) are SDXL's sizes in pixels (arXiv:2307.01952, section 2.2).
    `canvas` (B, 1 + C, h, w) is what inpainting networks see of the picture: the mask, 1 where they draw, then the
    latent of the masked picture. `controls` are the hints of control networks, the same for all rows.
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
        """Words hold for every part of the picture; canvas and hints are cut to the box.

        SDXL's sizes stay those of the whole picture: a tile is to be drawn as finely as the picture it belongs to.
        """
        window = (..., slice(box.top, box.bottom), slice(box.left, box.right))
        canvas = None if self.canvas is None else self.canvas[window]
        return replace(self, canvas=canvas, controls=tuple(hint.crop(box) for hint in self.controls))

    def alike(self, other: Conditioning, /) -> bool:
        """Whether both have the same parts, of the same shapes, and hear the same hints."""
        if not isinstance(other, TextConditioning) or not same_hints(self.controls, other.controls):
            return False
        pairs = zip(self.parts, other.parts, strict=True)
        return all(_shape(mine) == _shape(its) for mine, its in pairs)

    def expand(self, count: int, /) -> TextConditioning:
        """The only row, `count` times."""
        return self._each(lambda part: part.expand(count, *part.shape[1:]))

    def join(self, other: Conditioning, /) -> TextConditioning:
        """Both batches, one after the other."""
        pairs = zip(self.parts, cast(TextConditioning, other).parts, strict=True)
        joined = [None if mine is None or its is None else torch.cat([mine, its]) for mine, its in pairs]
        return self._with(joined)

    def rows(self, start: int, stop: int, /) -> TextConditioning:
        """Some of the batch's pictures."""
        return self._each(lambda part: part[start:stop])

    def with_controls(self, controls: tuple[ControlHint, ...]) -> TextConditioning:
        """The same, with these hints."""
        return replace(self, controls=controls)

    def _each(self, change: Callable[[Tensor], Tensor]) -> TextConditioning:
        return self._with([None if part is None else change(part) for part in self.parts])

    def _with(self, parts: Sequence[Tensor | None]) -> TextConditioning:
        hidden, pooled, time_ids, canvas = parts
        return TextConditioning(cast(Tensor, hidden), pooled, time_ids, canvas, self.controls)


def _shape(part: Tensor | None) -> torch.Size | None:
    return None if part is None else part.shape[1:]
