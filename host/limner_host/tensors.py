"""Pictures as tensors and back."""

from __future__ import annotations

from typing import Final

import torch
from PIL import Image
from torch import Tensor

from limner_sdk import UnusableModel

NOT_FINITE: Final = "the model's picture has values that are no numbers; try full precision or another model"


def to_image(picture: Tensor) -> Image.Image:
    """An 8-bit RGB picture of a tensor (1, 3, H, W) in -1 … 1. Raises `UnusableModel` if it is not finite."""
    return Image.fromarray(to_levels(picture).numpy(), "RGB")


def to_levels(picture: Tensor) -> Tensor:
    """8-bit levels (H, W, 3) on the CPU of a tensor (1, 3, H, W) in -1 … 1. Raises `UnusableModel` if not finite."""
    if not bool(torch.isfinite(picture).all()):
        raise UnusableModel(NOT_FINITE)
    levels = ((picture[0].float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return levels.permute(1, 2, 0).cpu().contiguous()


def to_tensor(image: Image.Image) -> Tensor:
    """A float tensor (1, 3, H, W) in -1 … 1 of an RGB picture."""
    levels = torch.frombuffer(bytearray(image.convert("RGB").tobytes()), dtype=torch.uint8)
    return levels.view(1, image.height, image.width, 3).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_grey(image: Image.Image) -> Tensor:
    """A float tensor (1, 1, H, W) in 0 … 1 of a picture's grey levels."""
    levels = torch.frombuffer(bytearray(image.convert("L").tobytes()), dtype=torch.uint8)
    return levels.view(1, 1, image.height, image.width).float() / 255
