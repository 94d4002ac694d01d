"""Trains the judge on drawn scenes, roughened so that it does not hang on perfect edges.

``python -m limner_plugins.pocket.training.judge WORK`` writes its weights into the plugin.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from limner_plugins.pocket.judging import WEIGHTS, Judge, judged_pixels
from limner_plugins.pocket.scenes import KINDS, draw, random_scene

from .loop import SEED, Plan, train

PLAN = Plan("judge", steps=1500, learning_rate=2e-3, average=0.99)
BATCH = 32
POOL = 8000


def train_judge(folder: Path) -> Judge:
    """Train or resume; gives the averaged judge."""
    torch.manual_seed(SEED)
    rng = random.Random(SEED + 1)
    scenes = [random_scene(rng) for _ in range(POOL)]
    pictures = torch.stack([judged_pixels(draw(scene)) for scene in scenes])
    kinds = torch.tensor([KINDS.index(scene.kind) for scene in scenes])
    judge = Judge()

    def loss_at(step: int, generator: torch.Generator) -> Tensor:
        picks = torch.randint(POOL, (BATCH,), generator=generator)
        return F.cross_entropy(judge(_roughened(pictures[picks], generator)), kinds[picks])

    return cast(Judge, train(PLAN, judge, loss_at, folder)).eval()


def _roughened(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Blur some, and add noise to all."""
    blurred = F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
    softness = torch.rand(len(pictures), 1, 1, 1, generator=generator)
    grain = torch.randn(pictures.shape, generator=generator) * 0.1
    return torch.lerp(pictures, blurred, softness) + grain * softness


if __name__ == "__main__":
    save_file({name: tensor.half() for name, tensor in train_judge(Path(sys.argv[1])).state_dict().items()}, WEIGHTS)
