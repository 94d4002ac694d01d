"""What averaging does to noise where tiles overlap: diffusers averages noisy latents, Limner averages predictions.

Each measure gives variances in the cells that 1, 2 and 4 tiles cover, as shares of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from tests.bench.contenders import limner_ready
from tests.bench.panorama import panorama_pipeline, panorama_run

from limner_sdk import Guidance, Predict
from limner_sdk.folders import DataFolder

#: In latent cells: tiles of Pocket's size that overlap by half.
TILE, STRIDE = 16, 8
#: In pixels.
WIDTH, HEIGHT = 512, 256
STEPS, SEEDS = 20, range(1, 9)


def injected(data: DataFolder, *, theirs: bool) -> list[float]:
    """Variance of the noise that one step of Euler a adds, Pocket's network being the same in all runs.

    Runs from one latent differ after their first step by that noise alone.
    """
    made = torch.cat([_their_step(seed) if theirs else _our_step(data, seed) for seed in SEEDS])
    return _shares(made.var(dim=0).mean(dim=0))


def truth(data: DataFolder, *, theirs: bool) -> list[float]:
    """Variance of the clean latent for data whose cells are independent, normal and of unit variance.

    For those a network that predicts velocities is right if it always says 0.
    """
    made = []
    for seed in SEEDS:
        unet, run = _their_walk(STEPS, seed) if theirs else _our_walk(data, STEPS, seed=seed)
        with _saying_zero(unet):
            made.append(run())
    return _shares(torch.cat(made).var(dim=0).mean(dim=0))


def _our_walk(data: DataFolder, steps: int, **asked: Any) -> tuple[Any, Callable[..., torch.Tensor]]:
    tiles = {"tile_width": TILE, "tile_height": TILE, "overlap": TILE - STRIDE}
    tiler = {"name": "multidiffusion", "params": tiles}
    ready = limner_ready(steps, "euler_a", data, width=WIDTH, height=HEIGHT, tiler=tiler, **asked)
    return ready.model.unet, ready.walk


def _their_walk(steps: int, seed: int) -> tuple[Any, Callable[..., torch.Tensor]]:
    pipeline, generator = panorama_pipeline(TILE, STRIDE), torch.Generator().manual_seed(seed)
    return pipeline.unet, panorama_run(pipeline, WIDTH, HEIGHT, steps, generator=generator)


def _our_step(data: DataFolder, seed: int) -> torch.Tensor:
    """The noisy latent after the first step; the sampler's stream follows `seed`, the first noise does not."""
    seen: list[torch.Tensor] = []

    def noting(predict: Predict) -> Predict:
        def predicted(x: torch.Tensor, sigma: float, guidance: Guidance) -> torch.Tensor:
            seen.append(x.clone())
            return predict(x, sigma, guidance)

        return predicted

    _our_walk(data, 2, noise={"name": "gaussian", "params": {"ensd": seed}})[1](noting)
    return seen[1]


def _their_step(seed: int) -> torch.Tensor:
    """The same of diffusers."""
    seen: list[torch.Tensor] = []

    def noting(pipeline: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        seen.append(values["latents"].clone())
        return values

    latents = torch.randn(1, 4, HEIGHT // 8, WIDTH // 8, generator=torch.Generator().manual_seed(0))
    _their_walk(2, seed)[1](latents=latents, callback_on_step_end=noting)
    return seen[0]


@contextmanager
def _saying_zero(unet: Any) -> Iterator[None]:
    def forward(sample: torch.Tensor, *inputs: Any, return_dict: bool = True, **options: Any) -> Any:
        zero = torch.zeros_like(sample)
        return SimpleNamespace(sample=zero) if return_dict else (zero,)

    unet.forward = forward
    try:
        yield
    finally:
        del unet.forward


def _shares(variance: torch.Tensor) -> list[float]:
    """The mean of `variance` (h, w) in cells that 1, 2 and 4 tiles cover, over that of 1."""
    means = [variance[_covers() == count].mean().item() for count in (1, 2, 4)]
    return [mean / means[0] for mean in means]


def _covers() -> torch.Tensor:
    """How many tiles cover each cell."""
    rows, columns = HEIGHT // 8, WIDTH // 8
    covers = torch.zeros(rows, columns, dtype=torch.int64)
    for top in range(0, rows - TILE + 1, STRIDE):
        for left in range(0, columns - TILE + 1, STRIDE):
            covers[top : top + TILE, left : left + TILE] += 1
    return covers
