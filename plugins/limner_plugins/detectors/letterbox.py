"""The square that a YOLO network looks at: where the picture lies in it, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from limner_sdk import Box, Size


@dataclass(frozen=True)
class Letterbox:
    """A picture of `picture` pixels, fitted into the middle of a square of `side` pixels, the rest filled with grey."""

    picture: Size
    side: int

    @property
    def inner(self) -> Size:
        """The fitted picture's size; ultralytics rounds both sides, so the two scales may differ a little."""
        scale = min(self.side / self.picture.width, self.side / self.picture.height)
        return Size(*(max(round(length * scale), 1) for length in self.picture))

    @property
    def corner(self) -> tuple[int, int]:
        """The column and row of the fitted picture's left upper corner; an odd padding is shorter there."""
        left, top = (round((self.side - length) / 2 - 0.1) for length in self.inner)
        return left, top

    def boxes(self, found: Tensor) -> Tensor:
        """Corners (N, 4) in the square become corners on the picture, cut at its border."""
        most = found.new_tensor([*self.picture, *self.picture])
        corner = found.new_tensor([*self.corner, *self.corner])
        scale = most / found.new_tensor([*self.inner, *self.inner])
        return torch.minimum(((found - corner) * scale).clamp(min=0), most)

    def mask(self, scores: Tensor) -> Tensor:
        """Scores (h, w) over the square, of any resolution, become scores (H, W) over the picture, without padding."""
        (left, top), (width, height) = self.corner, self.inner
        square = F.interpolate(scores[None, None], (self.side, self.side), mode="bilinear")
        inner = square[..., top : top + height, left : left + width]
        return F.interpolate(inner, (self.picture.height, self.picture.width), mode="bilinear")[0, 0]


def whole_pixels(corners: Tensor, picture: Size) -> Box:
    """Corners (4,) on a picture, rounded to pixels; a box has at least one."""
    left, top, right, bottom = (round(edge) for edge in corners.tolist())
    left, top = min(left, picture.width - 1), min(top, picture.height - 1)
    return Box(left, top, max(right - left, 1), max(bottom - top, 1))
