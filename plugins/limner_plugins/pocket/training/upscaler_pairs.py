"""What Pocket's upscaler learns from: crops of scenes, small as drawn, small as Pocket makes them, and large."""

from __future__ import annotations

import io
import random
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from limner_plugins.pocket import WEIGHTS
from limner_plugins.pocket.scenes import draw, random_scene

from .loop import SEED

SCENES, CROPS, CROP, FACTOR = 1500, 8, 32, 4
#: The latents that people ask Pocket for are a little off those of drawn pictures (standard deviation about 1.3).
LATENT_NOISE = 0.15


@dataclass(frozen=True)
class Pairs:
    """Crops, uint8: `small` as drawn and `redrawn` by Pocket's autoencoder (N, 3, 32, 32), `large` (N, 3, 128, 128)."""

    small: Tensor
    redrawn: Tensor
    large: Tensor


def load_or_make_pairs(file: Path) -> Pairs:
    """The pairs that `file` remembers, or new ones."""
    if file.exists():
        return Pairs(*torch.load(file, weights_only=True))
    pairs = make_pairs(SCENES)
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(astuple(pairs), file)
    return pairs


@torch.no_grad()
def make_pairs(scenes: int) -> Pairs:
    """Pairs from so many training scenes."""
    rng, generator = random.Random(SEED + 2), torch.Generator().manual_seed(SEED + 2)
    autoencoder = AutoencoderKL.from_pretrained(WEIGHTS, subfolder="vae", torch_dtype=torch.float32).eval()
    cut: list[tuple[Tensor, Tensor, Tensor]] = []
    for _ in tqdm(range(scenes), desc="drawing", mininterval=5):
        truth = draw(random_scene(rng), 128 * FACTOR)
        small = truth.reduce(FACTOR)
        made = pressed(redrawn(autoencoder, small, rng.random() * LATENT_NOISE, generator), rng)
        cut += _crops(_pixels(small), _pixels(made), _pixels(truth), rng)
    return Pairs(*(torch.stack(parts) for parts in zip(*cut, strict=True)))


def redrawn(model: AutoencoderKL, picture: Image.Image, noise: float, generator: torch.Generator) -> Image.Image:
    """The round trip through `model`, with so much noise on the latent."""
    latent = model.encode(_pixels(picture)[None].float() / 127.5 - 1).latent_dist.mean
    latent += torch.randn(latent.shape, generator=generator) * noise
    levels = ((model.decode(latent).sample[0] + 1) * 127.5).round().clamp(0, 255)
    return Image.fromarray(levels.to(torch.uint8).permute(1, 2, 0).numpy())


def pressed(picture: Image.Image, rng: random.Random) -> Image.Image:
    """One in three becomes a JPEG and comes back."""
    if rng.random() > 1 / 3:
        return picture
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=rng.randint(70, 95))
    return Image.open(file).convert("RGB")


def _pixels(picture: Image.Image) -> Tensor:
    """RGB levels, (3, H, W), uint8."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def _crops(small: Tensor, made: Tensor, truth: Tensor, rng: random.Random) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Crops of one scene; three of four lie on an edge, since the rest of a drawn picture is flat."""
    corners = [_corner(small, rng, on_edge=i % 4 != 0) for i in range(CROPS)]
    return [(_cut(small, at, 1), _cut(made, at, 1), _cut(truth, at, FACTOR)) for at in corners]


def _corner(picture: Tensor, rng: random.Random, *, on_edge: bool) -> tuple[int, int]:
    last = picture.shape[1] - CROP
    if not on_edge:
        return rng.randint(0, last), rng.randint(0, last)
    steep = picture.float().diff(dim=1)[:, :, 1:].abs() + picture.float().diff(dim=2)[:, 1:].abs()
    places = steep.sum(0).gt(60).nonzero().tolist()
    row, column = (place + rng.randint(4 - CROP, -4) for place in rng.choice(places))
    return min(max(row, 0), last), min(max(column, 0), last)


def _cut(picture: Tensor, corner: tuple[int, int], factor: int) -> Tensor:
    (row, column), side = corner, CROP * factor
    row, column = row * factor, column * factor
    return picture[:, row : row + side, column : column + side].clone()
