"""How near Pocket's upscaler comes to the truth at 512 pixels, and how sharp it is, on scenes that it has never seen.

The truth is drawn at 512 pixels. What is enlarged is the truth's 4 x 4 means ("drawn"), and these once through Pocket's
autoencoder ("Pocket's").

``python tests/bench/pocket_upscaler.py`` prints the table of the model card; ``--sheet FILE`` keeps the first twelve
scenes: Lanczos, the upscaler and the truth side by side.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from tqdm import tqdm

from limner_plugins.pocket import WEIGHTS
from limner_plugins.pocket.edges import clean_edges, edge_width, error, error_at_edges
from limner_plugins.pocket.scenes import draw, random_scene
from limner_plugins.pocket.training.upscaler_pairs import FACTOR, redrawn
from limner_plugins.upscalers import limner_upscalers
from limner_sdk import UpscalerDef
from limner_sdk.testing import FakeContext

SCENES = 60
SEED = 11


def truths(count: int) -> Iterator[Image.Image]:
    """Scenes that were kept away from training, at 512 pixels."""
    rng = random.Random(SEED)
    return (draw(random_scene(rng, held_out=True), 128 * FACTOR) for _ in range(count))


@torch.inference_mode()
def inputs(truth: Image.Image, autoencoder: AutoencoderKL) -> dict[str, Image.Image]:
    """What is enlarged, at 128 pixels."""
    small = truth.reduce(FACTOR)
    return {"drawn": small, "Pocket's": redrawn(autoencoder, small, 0.0, torch.Generator())}


def enlarged(small: Image.Image, size: tuple[int, int]) -> dict[str, Image.Image]:
    """One picture by each way to enlarge it."""
    ours: UpscalerDef[Any] = next(iter(limner_upscalers(())))
    return {
        "nearest": small.resize(size, Image.Resampling.NEAREST),
        "Lanczos": small.resize(size, Image.Resampling.LANCZOS),
        ours.name: ours.run(small, FakeContext(), ours.params()),
    }


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scenes", type=int, default=SCENES)
    options.add_argument("--sheet", type=Path)
    chosen = options.parse_args()
    autoencoder = AutoencoderKL.from_pretrained(WEIGHTS, subfolder="vae", torch_dtype=torch.float32).eval()
    found, rows = defaultdict[str, list[tuple[float, ...]]](list), list[list[Image.Image]]()
    for truth in tqdm(truths(chosen.scenes), total=chosen.scenes):
        edges = clean_edges(truth)
        found["the truth itself"].append((0.0, 0.0, edge_width(truth, edges)))
        for kind, small in inputs(truth, autoencoder).items():
            made = enlarged(small, truth.size)
            for way, picture in made.items():
                scores = error(picture, truth), error_at_edges(picture, truth), edge_width(picture, edges)
                found[f"{kind} by {way}"].append(scores)
            rows.append([made["Lanczos"], made["pocket_x4"], truth])
    print("| input and way | error | error at edges | edge width |")
    for name, values in found.items():
        print("| {} | {:.2f} | {:.1f} | {:.2f} px |".format(name, *np.mean(values, axis=0)))
    if chosen.sheet:
        sheet(rows[:24]).save(chosen.sheet)


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """Pictures of one size, row by row."""
    width, height = rows[0][0].size
    whole = Image.new("RGB", (width * len(rows[0]), height * len(rows)))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            whole.paste(picture, (x * width, y * height))
    return whole


if __name__ == "__main__":
    main()
