"""Pictures as floats and back: what post-processors that compute, such as blending, need first and last."""

from __future__ import annotations

from .types import Image, Tensor


def to_pixels(image: Image) -> Tensor:
    """An RGB picture as (3, H, W), a grey one (a mask) as (1, H, W): float32 in 0 … 1."""
    import numpy as np
    import torch

    levels = np.array(image if image.mode in ("RGB", "L") else image.convert("RGB"), dtype=np.float32)
    planes = torch.from_numpy(levels).div_(255)
    return planes[None] if planes.ndim == 2 else planes.permute(2, 0, 1).contiguous()


def to_picture(pixels: Tensor) -> Image:
    """Floats (3, H, W), or (1, H, W) for a mask, in 0 … 1 as an 8-bit picture, rounded; what is beyond is clipped."""
    import torch
    from PIL import Image as Pillow

    levels = pixels.detach().float().clamp(0, 1).mul(255).round().to("cpu", torch.uint8)
    if len(levels) == 1:
        return Pillow.fromarray(levels[0].numpy())
    return Pillow.fromarray(levels.permute(1, 2, 0).contiguous().numpy())
