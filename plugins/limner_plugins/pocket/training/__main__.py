"""Trains Pocket from nothing and writes its diffusers folder; a run that was cut off goes on where it stopped.

``python -m limner_plugins.pocket.training WORK OUT`` keeps checkpoints in the folder WORK and writes to OUT.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from .autoencoder import train_autoencoder
from .denoiser import new_scheduler, train_denoiser
from .text import train_text_encoder


def main(work: Path, out: Path) -> None:
    """Train every part in turn and export them."""
    autoencoder = train_autoencoder(work)
    tokenizer, encoder = train_text_encoder(work)
    unet = train_denoiser(work, autoencoder, tokenizer, encoder)
    export(out, autoencoder, tokenizer, encoder, unet, new_scheduler())


def export(
    out: Path,
    autoencoder: AutoencoderKL,
    tokenizer: CLIPTokenizer,
    encoder: CLIPTextModel,
    unet: UNet2DConditionModel,
    scheduler: DDPMScheduler,
) -> None:
    """Write a diffusers folder with fp16 safetensors, the layout that Stable Diffusion 1.5 has."""
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline(
        vae=autoencoder.to(torch.float16),
        text_encoder=encoder.to(torch.float16),
        tokenizer=tokenizer,
        unet=unet.to(torch.float16),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(out, safe_serialization=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
