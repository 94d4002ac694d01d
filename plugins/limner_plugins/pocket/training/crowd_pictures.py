"""The face detector's pictures: crowds, many of them damaged, in the folders that ultralytics reads."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image, ImageFilter
from tqdm import tqdm

from limner_plugins.pocket import WEIGHTS
from limner_plugins.pocket.crowds import Box, random_crowd

#: How many pictures each part has, and whether it shows held-out combinations.
PARTS: Final = {"train": (3000, False), "val": (200, False), "test": (300, True)}
_SIDE: Final = 256


def write_data(folder: Path, seed: int) -> Path:
    """Draw all parts below `folder`; gives the YAML file that describes them. What is there already is kept."""
    for part, (count, held_out) in PARTS.items():
        if not (folder / part / "complete").exists():
            _write_part(folder / part, count, random.Random(f"{seed}/{part}"), held_out)
    described = folder / "faces.yaml"
    parts = "".join(f"{part}: {part}/images\n" for part in PARTS)
    described.write_text(f"path: {folder.resolve()}\n{parts}names:\n  0: face\n")
    return described


def _write_part(folder: Path, count: int, rng: random.Random, held_out: bool) -> None:
    damage = Damage()
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for i in tqdm(range(count), desc=folder.name, mininterval=5):
        crowd = random_crowd(rng, held_out=held_out)
        picture = crowd.draw()
        if rng.random() < 0.4:
            picture = damage.at_random(picture, rng)
        picture.save(folder / "images" / f"{i:05}.png", compress_level=1)
        lines = [_label(box, crowd.side) for box in crowd.boxes]
        (folder / "labels" / f"{i:05}.txt").write_text("\n".join(lines))
    (folder / "complete").touch()


def _label(box: Box, side: int) -> str:
    """Class, middle and extent, as fractions of the side."""
    left, top, right, bottom = (edge / side for edge in box)
    return f"0 {(left + right) / 2:.6f} {(top + bottom) / 2:.6f} {right - left:.6f} {bottom - top:.6f}"


class Damage:
    """What happens to drawn pictures: Pocket's own loss above all."""

    def __init__(self) -> None:
        self.autoencoder = AutoencoderKL.from_pretrained(WEIGHTS, subfolder="vae").float().eval()

    def at_random(self, picture: Image.Image, rng: random.Random) -> Image.Image:
        """Half go through the autoencoder; the others, and some of these, lose detail in another way."""
        through = rng.random() < 0.5
        if through:
            picture = self.round_trip(picture, rng.uniform(0.0, 0.3), rng.getrandbits(32))
        if not through or rng.random() < 0.3:
            picture = rng.choice((_blurred, _grainy, _compressed, _shrunk))(picture, rng)
        return picture

    @torch.inference_mode()
    def round_trip(self, picture: Image.Image, noise: float, seed: int) -> Image.Image:
        """Encode and decode (sides: multiples of 8 pixels); `noise` is added in units of the latents' deviation."""
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
        latents = self.autoencoder.encode(pixels).latent_dist.mode()
        grain = torch.randn(latents.shape, generator=torch.Generator().manual_seed(seed))
        decoded = self.autoencoder.decode(latents + noise * latents.std() * grain).sample[0]
        levels = decoded.add(1).mul(127.5).round().clamp(0, 255).byte()
        return Image.fromarray(levels.permute(1, 2, 0).numpy())


def _blurred(picture: Image.Image, rng: random.Random) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.5) * picture.width / _SIDE))


def _grainy(picture: Image.Image, rng: random.Random) -> Image.Image:
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0.0, rng.uniform(2, 25), (*picture.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def _compressed(picture: Image.Image, rng: random.Random) -> Image.Image:
    packed = BytesIO()
    picture.save(packed, "JPEG", quality=rng.randint(25, 85))
    return Image.open(packed).convert("RGB")


def _shrunk(picture: Image.Image, rng: random.Random) -> Image.Image:
    small = max(48, round(picture.width / rng.uniform(1.2, 2.5)))
    return picture.resize((small, small), Image.Resampling.BILINEAR).resize(picture.size, Image.Resampling.BICUBIC)
