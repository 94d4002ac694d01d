"""Colours of one picture laid over another: what puts right the shift that redrawing brings."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from .types import Tensor

#: How colours can be matched; "none" leaves them alone.
ColourWay: TypeAlias = Literal["none", "wavelet", "adain", "lab"]

#: As in StableSR: the coarsest of five levels is blurred over 63 pixels.
LEVELS: Final = 5
_EPS: Final = 1e-5

#: Linear sRGB to XYZ, each row divided by the white point D65 (IEC 61966-2-1).
_TO_XYZ: Final = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)
#: Where CIELAB's cube root gives way to a line, as a root.
_DELTA: Final = 6 / 29


def colour_matched(picture: Tensor, like: Tensor, way: ColourWay) -> Tensor:
    """`picture` with the colours of `like`: both (3, H, W), float32 in 0 … 1, and so is what comes back.

    ``wavelet`` takes everything coarse from `like` and keeps what is fine (StableSR, arXiv:2305.07015), so that light
    and shade follow, too. ``adain`` gives each channel the mean and deviation that it has there (arXiv:1703.06868).
    ``lab`` gives the two colour channels of CIELAB the histograms that they have there, and keeps the light.
    Raises `ValueError` for pictures of different shapes.
    """
    if picture.shape != like.shape:
        raise ValueError(f"colours of {tuple(like.shape)} cannot be matched to a picture of {tuple(picture.shape)}")
    like = like.to(picture)
    match way:
        case "none":
            return picture
        case "wavelet":
            # The blur is linear: fine of one and coarse of the other, in a single pass.
            return (picture + low_frequencies(like - picture)).clamp(0, 1)
        case "adain":
            return _adain(picture, like).clamp(0, 1)
        case "lab":
            return _lab_matched(picture, like)
    raise ValueError(f"colours are matched by none, wavelet, adain or lab, not by {way!r}")


def low_frequencies(picture: Tensor, levels: int = LEVELS) -> Tensor:
    """What is coarse in `picture` (C, H, W): blurred by [1 2 1]/4 along both axes, `levels` times.

    Each time the taps are twice as far apart ("à trous"), 1 pixel at first; what is beyond the edge is as the edge is.
    """
    for level in range(levels):
        picture = _blurred(_blurred(picture, -1, 2**level), -2, 2**level)
    return picture


def _blurred(picture: Tensor, axis: int, apart: int) -> Tensor:
    """Along one axis, with taps `apart` pixels from each other."""
    from torch.nn import functional

    length = picture.shape[axis]
    padding = (apart, apart, 0, 0) if axis == -1 else (0, 0, apart, apart)
    padded = functional.pad(picture, padding, mode="replicate")
    ends = padded.narrow(axis, 0, length) + padded.narrow(axis, 2 * apart, length)
    return ends.mul_(0.25).add_(picture, alpha=0.5)


def _adain(picture: Tensor, like: Tensor) -> Tensor:
    """Per channel; one that is flat only moves."""
    variance, mean = (values[:, None, None] for values in _statistics(picture))
    wanted_variance, wanted_mean = (values[:, None, None] for values in _statistics(like))
    return (picture - mean) * ((wanted_variance + _EPS) / (variance + _EPS)).sqrt() + wanted_mean


def _statistics(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Variance and mean of each channel. One pixel has no deviation, which only the biased estimate says."""
    import torch

    return torch.var_mean(picture, dim=(1, 2), correction=0)


def _lab_matched(picture: Tensor, like: Tensor) -> Tensor:
    import torch

    own, wanted = _lab(picture), _lab(like)
    colours = [_same_histogram(channel, other) for channel, other in zip(own[1:], wanted[1:], strict=True)]
    return _from_lab(torch.stack([own[0], *colours])).to(picture)


def _same_histogram(values: Tensor, like: Tensor) -> Tensor:
    """Each value moved to the one of the same rank in `like`; equal values stay equal."""
    import numpy as np
    import torch

    _, places, counts = np.unique(values.numpy(), return_inverse=True, return_counts=True)
    wanted, wanted_counts = np.unique(like.numpy(), return_counts=True)
    moved = np.interp(counts.cumsum() / values.numel(), wanted_counts.cumsum() / like.numel(), wanted)
    return torch.from_numpy(moved[places.reshape(tuple(values.shape))])


def _lab(picture: Tensor) -> Tensor:
    """sRGB (3, H, W) in CIELAB, lightness first, in double precision (CIE 15:2004)."""
    import torch

    # Not every device knows double precision.
    rgb = picture.detach().cpu().double()
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = _root(torch.einsum("ij,jhw->ihw", torch.tensor(_TO_XYZ, dtype=rgb.dtype), linear))
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _root(values: Tensor) -> Tensor:
    import torch

    return torch.where(values > _DELTA**3, values.clamp(min=0) ** (1 / 3), values / (3 * _DELTA**2) + 4 / 29)


def _from_lab(lab: Tensor) -> Tensor:
    """CIELAB as sRGB (3, H, W); colours that no screen can show are clipped."""
    import torch

    y = (lab[0] + 16) / 116
    roots = torch.stack([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = torch.where(roots > _DELTA, roots**3, 3 * _DELTA**2 * (roots - 4 / 29))
    back = torch.linalg.inv(torch.tensor(_TO_XYZ, dtype=lab.dtype))
    linear = torch.einsum("ij,jhw->ihw", back, xyz).clamp(0, 1)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).clamp(0, 1)
