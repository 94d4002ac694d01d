"""Asks what a picture of Pocket's world shows: its colours by measuring, its kind by an independent small classifier.

The classifier has seen drawn scenes only, never a generated picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from .scenes import COLOURS, KINDS, LIGHTS, MOODS, Colour

WEIGHTS: Final = Path(__file__).parent / "judge.safetensors"
_SIDE: Final = 64
_BORDER: Final = 0.03
#: A pixel belongs to the thing if it is this far from the background, in 8-bit levels (Euclidean).
_FAR: Final = 50.0

Pixels = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What a picture shows, in the words of the captions."""

    kind: str
    colour: str
    background: str


class Judge(nn.Module):
    """Tells the eleven kinds of scene apart; takes pictures (B, 3, 64, 64) in -1 … 1."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 32, 48, 64)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(4, after), nn.SiLU()]
        self.look = nn.Sequential(*layers)
        self.decide = nn.Linear(widths[-1] * 16, len(KINDS))

    def forward(self, pictures: Tensor) -> Tensor:
        """Scores (B, 11) in the order of `KINDS`."""
        scores: Tensor = self.decide(self.look(pictures).flatten(1))
        return scores

    @classmethod
    def trained(cls) -> Judge:
        """The judge with its weights."""
        judge = cls()
        judge.load_state_dict(load_file(WEIGHTS))
        return judge.eval()

    @torch.inference_mode()
    def kind_of(self, image: Image.Image) -> str:
        """The most likely kind."""
        return KINDS[int(self(judged_pixels(image)[None]).argmax())]


def judged_pixels(image: Image.Image) -> Tensor:
    """A picture as the judge looks at it, (3, 64, 64) in -1 … 1."""
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 127.5 - 1


def verdict(image: Image.Image, judge: Judge, expected_kind: str | None = None) -> Verdict:
    """What `image` shows. Where the thing's colour is looked for depends on its kind, `expected_kind` if given."""
    kind = judge.kind_of(image)
    pixels = np.asarray(image.convert("RGB"), dtype=np.float64)
    background = _background(pixels)
    return Verdict(kind, nearest_colour(_thing(pixels, background, expected_kind or kind)), nearest_colour(background))


def nearest_colour(colour: Pixels | Colour) -> str:
    """The name whose colour is nearest to `colour` in RGB."""
    wanted = np.asarray(colour, dtype=np.float64)
    return min(COLOURS, key=lambda name: float(np.sum((np.asarray(COLOURS[name]) - wanted) ** 2)))


def _background(pixels: Pixels) -> Pixels:
    """The median colour of a thin frame along the border."""
    width = max(1, round(_BORDER * len(pixels)))
    frame = [pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:]]
    return _median(np.concatenate([part.reshape(-1, 3) for part in frame]))


def _thing(pixels: Pixels, background: Pixels, kind: str) -> Pixels:
    """The median colour of what differs from the background: of a face its hair, of a house its walls."""
    far = np.linalg.norm(pixels - background, axis=2) > _FAR
    if not far.any():
        return background
    region = np.zeros_like(far)
    region[_rows(far, kind)] = True
    chosen = pixels[far & region]
    return _median(chosen if len(chosen) else pixels[far])


def _median(colours: Pixels) -> Pixels:
    return np.asarray(np.median(colours, axis=0))


def _rows(far: NDArray[np.bool_], kind: str) -> slice:
    """The rows that show the named colour: a face's top, a house's walls between its windows and its door."""
    height = len(far)
    counts = far.sum(axis=1)
    filled = np.flatnonzero(counts > 0.02 * height)
    if kind in MOODS and len(filled):
        top, bottom = filled[0], filled[-1]
        return slice(top, top + max(1, round(0.16 * (bottom - top))))
    if kind in LIGHTS and len(filled):
        bottom = filled[-1]
        return slice(bottom - round(0.24 * height), bottom + 1)
    return slice(0, height)
