"""Trains the KL autoencoder: 3 × 128 × 128 pictures in, 4 × 16 × 16 latents out."""

from __future__ import annotations

import random
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor
from tqdm import tqdm

from limner_plugins.pocket.scenes import draw, random_scene

from .loop import SEED, Plan, train

PLAN = Plan("autoencoder", steps=13_000, learning_rate=2e-3, average=0.998)
#: The last steps see whole pictures: the norms and the attention must learn their statistics too.
WHOLE_PICTURES_FROM = 11_000
CROPS, CROP, PICTURES = 16, 64, 4
POOL = 12_000
KL_WEIGHT = 2e-4


def new_autoencoder() -> AutoencoderKL:
    """An untrained autoencoder in the shape of Stable Diffusion's, about a hundredth of its size."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(16, 32, 64, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=128,
    )


def picture_pool(count: int, seed: int = SEED) -> Tensor:
    """`count` drawn training pictures, (N, 3, 128, 128), uint8."""
    rng = random.Random(seed)
    pool = torch.empty(count, 3, 128, 128, dtype=torch.uint8)
    for i in tqdm(range(count), desc="drawing", mininterval=5):
        pool[i] = torch.from_numpy(np.array(draw(random_scene(rng)))).permute(2, 0, 1)
    return pool


def to_model_range(pictures: Tensor) -> Tensor:
    """uint8 to float32 in -1 … 1."""
    return pictures.float() / 127.5 - 1


def train_autoencoder(folder: Path) -> AutoencoderKL:
    """Train or resume; gives the averaged autoencoder with its `scaling_factor` measured."""
    torch.manual_seed(SEED)
    model, pool = new_autoencoder(), picture_pool(POOL)

    def loss_at(step: int, generator: torch.Generator) -> Tensor:
        crop, count = (CROP, CROPS) if step < WHOLE_PICTURES_FROM else (128, PICTURES)
        pictures = to_model_range(_crops(pool, count, crop, generator))
        with torch.autocast("cpu", torch.bfloat16):
            posterior = model.encode(pictures).latent_dist
            noise = torch.randn(posterior.mean.shape, generator=generator)
            redrawn = model.decode(posterior.mean + posterior.std * noise).sample
        kl: Tensor = posterior.kl().mean() / noise[0].numel()
        return _loss(redrawn.float(), pictures) + KL_WEIGHT * kl

    trained = cast(AutoencoderKL, train(PLAN, model, loss_at, folder)).eval()
    trained.register_to_config(scaling_factor=_scaling_factor(trained, pool[:512]))
    return trained


def _crops(pool: Tensor, count: int, crop: int, generator: torch.Generator) -> Tensor:
    picks = torch.randint(len(pool), (count,), generator=generator)
    corners = torch.randint(128 - crop + 1, (count, 2), generator=generator).tolist()
    return torch.stack([pool[i, :, y : y + crop, x : x + crop] for i, (y, x) in zip(picks, corners, strict=True)])


def _loss(redrawn: Tensor, pictures: Tensor) -> Tensor:
    """Sharp edges from the mean absolute error, true flat colours from the error of 8-pixel means."""
    flat = F.l1_loss(F.avg_pool2d(redrawn, 8), F.avg_pool2d(pictures, 8))
    return F.l1_loss(redrawn, pictures) + F.mse_loss(redrawn, pictures) + flat


@torch.no_grad()
def _scaling_factor(model: AutoencoderKL, pictures: Tensor) -> float:
    """The factor that gives latents unit variance, as latent diffusion defines it (arXiv:2112.10752, G)."""
    latents = [model.encode(to_model_range(part)).latent_dist.mean for part in pictures.split(64)]
    return round(1 / torch.cat(latents).std().item(), 5)
