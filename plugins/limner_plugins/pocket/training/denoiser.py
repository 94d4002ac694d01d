"""Trains the text-conditioned UNet on cached latents, with captions dropped at random so that guidance works."""

from __future__ import annotations

import random
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from limner_plugins.pocket.scenes import Scene, phrase, random_scene

from .autoencoder import picture_pool, to_model_range
from .loop import SEED, Plan, train
from .text import WIDTH, tokens_of

PLAN = Plan("denoiser", steps=13_000, learning_rate=1.2e-3, average=0.999, weight_decay=0.01)
BATCH = 32
POOL = 20_000
CAPTION_DROPOUT = 0.1
#: A little noise in each channel's mean: without it the network reads the background from the noise's mean
#: (www.crosslabs.org/blog/diffusion-with-offset-noise).
OFFSET_NOISE = 0.1


def new_scheduler() -> DDPMScheduler:
    """Stable Diffusion's betas; the network predicts the velocity (arXiv:2202.00512) as Stable Diffusion 2 does."""
    return DDPMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        num_train_timesteps=1000,
        prediction_type="v_prediction",
        clip_sample=False,
        steps_offset=1,
    )


def new_unet() -> UNet2DConditionModel:
    """An untrained UNet in the shape of Stable Diffusion's: three levels, the prompt read in the two lower ones."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 128, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        attention_head_dim=2,
        norm_num_groups=8,
        cross_attention_dim=WIDTH,
    )


def train_denoiser(
    folder: Path, autoencoder: AutoencoderKL, tokenizer: CLIPTokenizer, encoder: CLIPTextModel
) -> UNet2DConditionModel:
    """Train or resume; gives the averaged UNet."""
    torch.manual_seed(SEED)
    latents, scenes = _cached_latents(folder, autoencoder)
    captions = _Captions(tokenizer, encoder)
    scheduler, model = new_scheduler(), new_unet().to(memory_format=torch.channels_last)

    def loss_at(step: int, generator: torch.Generator) -> Tensor:
        picks = torch.randint(POOL, (BATCH,), generator=generator).tolist()
        clean = latents[picks]
        noise = torch.randn(clean.shape, generator=generator)
        noise += OFFSET_NOISE * torch.randn(BATCH, 4, 1, 1, generator=generator)
        times = torch.randint(1000, (BATCH,), generator=generator)
        rng = random.Random(SEED + step)
        context = captions([_caption(scenes[i], rng) for i in picks])
        noisy = scheduler.add_noise(clean, noise, times).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            velocity = model(noisy, times, context).sample
        return F.mse_loss(velocity.float(), scheduler.get_velocity(clean, noise, times))

    return cast(UNet2DConditionModel, train(PLAN, model, loss_at, folder)).eval()


def _caption(scene: Scene, rng: random.Random) -> str:
    return "" if rng.random() < CAPTION_DROPOUT else phrase(scene, rng)


class _Captions:
    """Encoded captions, each computed once."""

    def __init__(self, tokenizer: CLIPTokenizer, encoder: CLIPTextModel) -> None:
        self._tokenizer, self._encoder = tokenizer, encoder
        self._known: dict[str, Tensor] = {}

    @torch.no_grad()
    def __call__(self, texts: list[str]) -> Tensor:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            hidden = self._encoder(tokens_of(self._tokenizer, fresh)).last_hidden_state
            self._known.update(zip(fresh, hidden.to(torch.bfloat16), strict=True))
        return torch.stack([self._known[text] for text in texts]).float()


def _cached_latents(folder: Path, autoencoder: AutoencoderKL) -> tuple[Tensor, list[Scene]]:
    """Scaled latents (N, 4, 16, 16) of the training pictures, and the scenes they were drawn from."""
    rng = random.Random(SEED)
    scenes = [random_scene(rng) for _ in range(POOL)]
    file = folder / "latents.pt"
    if not file.exists():
        torch.save(_encode(autoencoder, picture_pool(POOL)), file)
    return torch.load(file, weights_only=True), scenes


@torch.no_grad()
def _encode(autoencoder: AutoencoderKL, pictures: Tensor) -> Tensor:
    parts = [
        autoencoder.encode(to_model_range(part)).latent_dist.mean
        for part in tqdm(pictures.split(50), desc="encoding", mininterval=5)
    ]
    return torch.cat(parts) * float(autoencoder.config.scaling_factor)
