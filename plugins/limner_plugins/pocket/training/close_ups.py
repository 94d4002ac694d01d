"""Goes on with the trained UNet, half of the time on close-ups: parts of scenes drawn larger, with the whole's caption.

Without them, what a tile of an enlarged picture shows is nothing that the network has ever seen.

``python -m limner_plugins.pocket.training.close_ups WORK`` goes on with the plugin's own weights, and replaces them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from torch import Tensor
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from limner_plugins.pocket import WEIGHTS
from limner_plugins.pocket.scenes import Scene, draw, random_scene

from .denoiser import BATCH, OFFSET_NOISE, cached_latents, caption, captions_of, encoded, new_scheduler
from .loop import SEED, Plan, train

PLAN = Plan("close_ups", steps=2000, learning_rate=3e-4, warmup=100, average=0.995, weight_decay=0.01)
POOL: Final = 5000
SIDE: Final = 128
#: How much larger than the model's own size the scenes are drawn that parts are cut from.
ZOOMS: Final = (1.3, 4.0)
#: Parts that show nothing but the background teach little; of them, so many are kept.
_PLAIN: Final = 0.15


def train_close_ups(
    folder: Path,
    autoencoder: AutoencoderKL,
    tokenizer: CLIPTokenizer,
    encoder: CLIPTextModel,
    unet: UNet2DConditionModel,
) -> UNet2DConditionModel:
    """Train or resume; gives the averaged UNet."""
    torch.manual_seed(SEED)
    whole, scenes = cached_latents(folder, autoencoder)
    parts, shown = _cached_parts(folder, autoencoder)
    captions, scheduler = captions_of(tokenizer, encoder), new_scheduler()
    model = unet.float().to(memory_format=torch.channels_last).train().requires_grad_(True)
    half = BATCH // 2

    def loss_at(step: int, generator: torch.Generator) -> Tensor:
        picks = torch.randint(len(whole), (half,), generator=generator).tolist()
        close = torch.randint(len(parts), (half,), generator=generator).tolist()
        clean = torch.cat([whole[picks], parts[close]])
        noise = torch.randn(clean.shape, generator=generator)
        noise += OFFSET_NOISE * torch.randn(BATCH, 4, 1, 1, generator=generator)
        times = torch.randint(1000, (BATCH,), generator=generator)
        rng = random.Random(SEED + step)
        context = captions([caption(scene, rng) for scene in (*_of(scenes, picks), *_of(shown, close))])
        noisy = scheduler.add_noise(clean, noise, times).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            velocity = model(noisy, times, context).sample
        return F.mse_loss(velocity.float(), scheduler.get_velocity(clean, noise, times))

    return cast(UNet2DConditionModel, train(PLAN, model, loss_at, folder)).eval()


def _of(scenes: Sequence[Scene], numbers: Sequence[int]) -> list[Scene]:
    return [scenes[number] for number in numbers]


def _cached_parts(folder: Path, autoencoder: AutoencoderKL) -> tuple[Tensor, list[Scene]]:
    """Scaled latents (N, 4, 16, 16) of close-ups, and the scenes that they are parts of."""
    rng = random.Random(SEED + 2)
    file, pictures, scenes = folder / "close_up_latents.pt", [], []
    for _ in tqdm(range(POOL), desc="drawing", mininterval=5):
        scene = random_scene(rng)
        box = _window(scene, rng)
        scenes.append(scene)
        if not file.exists():
            pictures.append(torch.from_numpy(np.array(_part(scene, box))).permute(2, 0, 1))
    if not file.exists():
        torch.save(encoded(autoencoder, torch.stack(pictures)), file)
    return torch.load(file, weights_only=True), scenes


def _window(scene: Scene, rng: random.Random) -> tuple[int, int, int]:
    """The side of the whole drawing in pixels, and where the part begins; mostly one that the thing reaches into."""
    while True:
        side = round(SIDE * ZOOMS[0] * (ZOOMS[1] / ZOOMS[0]) ** rng.random())
        left, top = (rng.randrange(side - SIDE + 1) for _ in range(2))
        reach = scene.size * side + SIDE / 2
        near = abs(left + SIDE / 2 - scene.x * side) < reach and abs(top + SIDE / 2 - scene.y * side) < reach
        if near or rng.random() < _PLAIN:
            return side, left, top


def _part(scene: Scene, window: tuple[int, int, int]) -> Image.Image:
    side, left, top = window
    return draw(scene, side).crop((left, top, left + SIDE, top + SIDE))


def main(work: Path) -> None:
    """Go on with the plugin's own UNet."""
    autoencoder = AutoencoderKL.from_pretrained(WEIGHTS / "vae").float()
    tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(WEIGHTS / "text_encoder").float().eval()
    unet = UNet2DConditionModel.from_pretrained(WEIGHTS / "unet")
    made = train_close_ups(work, autoencoder, tokenizer, encoder, unet)
    made.to(torch.float16).save_pretrained(WEIGHTS / "unet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
