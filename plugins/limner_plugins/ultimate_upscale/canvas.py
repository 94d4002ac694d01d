"""The canvas: an enlarged picture that tiles are cut from and laid over, at a cost that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

from limner_sdk import Box, Image, Size, to_picture, to_pixels

from .passes import Patch
from .stretches import profile


class Canvas:
    """Pixels (3, H, W), float32 in 0 … 1, and what they were when this pass began.

    What is drawn is laid over as the difference that it makes, times its say. So the order does not matter, and where
    the say of all sums up to 1, nothing of the old shows through, not even between two tiles.
    """

    def __init__(self, pixels: Tensor) -> None:
        self.before = pixels
        self.pixels = pixels.clone()

    @classmethod
    def around(cls, image: Image, size: Size) -> Canvas:
        """A picture with its edges continued at the right and below up to `size` pixels."""
        margin = (0, size.width - image.width, 0, size.height - image.height)
        return cls(functional.pad(to_pixels(image)[None], margin, mode="replicate")[0])

    def turned(self) -> Canvas:
        """The canvas of the next pass."""
        return Canvas(self.pixels)

    def cut(self, box: Box) -> Image:
        """A part as a picture."""
        return to_picture(self.pixels[_window(box)])

    def old(self, box: Box) -> Tensor:
        """A part (3, h, w) as it was when the pass began."""
        return self.before[_window(box)]

    def lay(self, drawn: Tensor, box: Box, say: Tensor) -> None:
        """Lay pixels (3, h, w) over a part, as far as their `say` (h, w) goes."""
        window = _window(box)
        self.pixels[window].addcmul_(drawn - self.before[window], say)

    def shown(self, size: Size) -> Tensor:
        """The pixels (3, H, W) that were asked for."""
        return self.pixels[:, : size.height, : size.width]


def _window(box: Box) -> tuple[slice, slice, slice]:
    return slice(None), slice(box.top, box.bottom), slice(box.left, box.right)


def say_of(patch: Patch, blur: float) -> Tensor:
    """What say a patch has in each of its pixels, (h, w) in 0 … 1."""
    across, down = (torch.tensor(profile(stretch, blur)) for stretch in (patch.across, patch.down))
    if patch.round:
        return (1 - torch.hypot((1 - across)[None], (1 - down)[:, None])).clamp(min=0)
    return down[:, None] * across


def mask_of(say: Tensor) -> Image | None:
    """A grey picture, white wherever there is a say; None if that is everywhere."""
    white = say > 0
    return None if bool(white.all()) else to_picture(white[None].float())


def is_flat(pixels: Iterable[Tensor], levels: float) -> bool:
    """Whether all channels (h, w) deviate from their mean by less than so many 8-bit levels."""
    return all(float(channel.std(correction=0)) * 255 < levels for channel in pixels)
