"""Trains Pocket's upscaler: crops of drawn scenes at 128 pixels, half of them roughened, become the truth at 512.

``python -m limner_plugins.pocket.training.upscaler WORK`` writes its weights into the plugin.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from spandrel.architectures.Compact import Compact
from torch import Tensor

from limner_plugins.upscalers.bundled import POCKET

from .loop import SEED, Plan, train
from .upscaler_pairs import Pairs, load_or_make_pairs

PLAN = Plan("upscaler", steps=15_000, learning_rate=1e-3, average=0.999)
BATCH = 8
EDGE_WEIGHT = 0.5
#: Errors below this count squared, at the first step and at the last. Most pixels are flat and have no error at all: a
#: plain absolute error teaches the network to leave everything as it is.
SOFTNESS = (0.1, 0.02)


def new_upscaler() -> Compact:
    """The shape of Real-ESRGAN's compact network, 107,600 parameters; untrained, it makes each pixel 4 x 4 large."""
    model = Compact(num_feat=32, num_conv=10, upscale=4)
    for part in model.body[-1].parameters():
        torch.nn.init.zeros_(part)
    return model


def train_upscaler(folder: Path) -> Compact:
    """Train or resume; gives the averaged network."""
    torch.manual_seed(SEED)
    pairs = load_or_make_pairs(folder / "upscaler-pairs.pt")
    model = new_upscaler().to(memory_format=torch.channels_last)

    def loss_at(step: int, generator: torch.Generator) -> Tensor:
        small, large = _batch(pairs, generator)
        return _loss(_enlarged(model, small), large, _softness(step))

    return cast(Compact, train(PLAN, model, loss_at, folder)).eval()


def _enlarged(model: Compact, small: Tensor) -> Tensor:
    """What the network makes of `small`; all but the last sum, where it would show, in bfloat16."""
    residual = small
    with torch.autocast("cpu", torch.bfloat16):
        for layer in model.body:
            residual = layer(residual)
    base = F.interpolate(small, scale_factor=model.upscale, mode="nearest")
    return base + cast(Tensor, model.upsampler(residual.float()))


def _batch(pairs: Pairs, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Crops (N, 3, 32, 32) and their truth (N, 3, 128, 128) in 0 … 1, turned at random."""
    picks = torch.randint(len(pairs.large), (BATCH,), generator=generator)
    rough = torch.rand(BATCH, 1, 1, 1, generator=generator) < 0.5
    small = torch.where(rough, _roughened(pairs.redrawn[picks] / 255, generator), pairs.small[picks] / 255)
    large = pairs.large[picks] / 255
    turns, mirrored = torch.randint(4, (2,), generator=generator).tolist()
    small, large = (torch.rot90(part, turns, (2, 3)) for part in (small, large))
    return (small.flip(3), large.flip(3)) if mirrored % 2 else (small, large)


def _roughened(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Soften each a little and add a little noise, with strengths of their own."""
    strengths = torch.rand(2, len(pictures), 1, 1, 1, generator=generator)
    soft, grain = strengths[0], strengths[1]
    blurred = F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
    noise = torch.randn(pictures.shape, generator=generator) * 0.015
    return (torch.lerp(pictures, blurred, soft * soft * 0.6) + noise * grain).clamp(0, 1)


def _softness(step: int) -> float:
    first, last = SOFTNESS
    return float(first * (last / first) ** (step / PLAN.steps))


def _loss(made: Tensor, truth: Tensor, softness: float) -> Tensor:
    """The error of pixels, and of the differences between neighbours, which edges are made of."""
    error = made - truth
    parts = [(error, 1.0), (error.diff(dim=3), EDGE_WEIGHT), (error.diff(dim=2), EDGE_WEIGHT)]
    # Charbonnier's: squared near zero, absolute further away, and smooth in between.
    return torch.stack([weight * (part**2 + softness**2).sqrt().mean() for part, weight in parts]).sum()


if __name__ == "__main__":
    trained = train_upscaler(Path(sys.argv[1]))
    save_file({name: tensor.half().contiguous() for name, tensor in trained.state_dict().items()}, POCKET.path)
