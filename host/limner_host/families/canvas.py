"""What inpainting networks are shown of the picture: which cells they draw, and what the others hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from limner_sdk import Codec, Conditioning, Model, Size

from .conditioning import TextConditioning

C = TypeVar("C", bound=Conditioning)


def takes_canvas(model: Model) -> bool:
    """Whether the model is one for inpainting, whose network sees the picture around the mask."""
    return bool(getattr(model, "inpaints", False))


def with_canvas(cond: C, kept: Tensor, white: Tensor) -> C:
    """`cond` for inpainting; left as it is if its model sees no canvas.

    `kept` (1, C, h, w) is the latent of the picture with mid-grey under the mask, `white` (1, 1, h, w) is 1 where the
    network draws and 0 where it keeps.
    """
    if not isinstance(cond, TextConditioning) or cond.canvas is None:
        return cond
    canvas = torch.cat([white.to(cond.canvas), kept.to(cond.canvas)], dim=1)
    return replace(cond, canvas=canvas.expand(len(cond.hidden), -1, -1, -1))


def blank_canvas(codec: Codec, size: Size, device: torch.device) -> Tensor:
    """The canvas (1, 1 + C, h, w) of a picture of `size` pixels that is masked all over: mid-grey."""
    cells = size.height // codec.downscale, size.width // codec.downscale
    grey = torch.zeros(1, 3, cells[0] * codec.downscale, cells[1] * codec.downscale, device=device)
    return torch.cat([torch.ones(1, 1, *cells, device=device), codec.encode(grey)], dim=1)
