"""The host's own time per sampling step, beside diffusers' pipeline and k-diffusion's functions on the same Pocket.

``python tests/bench/sampling_overhead.py`` runs all in alternating order and prints milliseconds per step outside the
UNet, and the ratios. One picture, 30 steps, Karras, guidance on, one thread. k-diffusion takes part where it is
installed (``pip install --no-deps k-diffusion`` suffices).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.contenders import diffusers_run, k_diffusion_run, limner_ready, outside

from limner_sdk.folders import DataFolder

STEPS, ROUNDS = 30, 9

Contenders = Mapping[str, tuple[Any, Callable[[], object]]]


def contenders_of(sampler: str, data: DataFolder) -> dict[str, tuple[Any, Callable[[], object]]]:
    """Everyone who knows this sampler."""
    ready = limner_ready(STEPS, sampler, data)
    found: dict[str, tuple[Any, Callable[[], object]]] = {"limner": (ready.model.unet, ready.walk)}
    if sampler == "dpmpp_2m":
        found["diffusers"] = diffusers_run(STEPS)
    theirs = k_diffusion_run(ready, f"sample_{sampler}")
    if theirs is not None:
        found["k-diffusion"] = (ready.model.unet, theirs)
    return found


def measured(contenders: Contenders, rounds: int) -> dict[str, list[float]]:
    """Milliseconds per step outside the UNet, in alternating order."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for unet, run in contenders.values():
        outside(unet, run)
    for number in range(rounds):
        order = list(contenders.items())
        for name, (unet, run) in order if number % 2 == 0 else reversed(order):
            times[name].append(outside(unet, run) / STEPS * 1000)
    return times


def told(sampler: str, times: Mapping[str, list[float]]) -> None:
    """Print medians, and the ratios of Limner to the others."""
    for name, each in times.items():
        print(f"{sampler:<13} {name:<12} median {statistics.median(each):.3f} ms ({min(each):.3f} to {max(each):.3f})")
    for name in [name for name in times if name != "limner"]:
        ratios = [ours / theirs for ours, theirs in zip(times["limner"], times[name], strict=True)]
        middle = statistics.median(ratios)
        print(f"{sampler:<13} / {name:<10} median {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    """Alternate all, and report medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--samplers", nargs="+", default=["dpmpp_2m", "dpmpp_2m_sde", "dpmpp_sde"])
    asked = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for sampler in asked.samplers:
            told(sampler, measured(contenders_of(sampler, DataFolder(Path(folder)).create()), asked.rounds))


if __name__ == "__main__":
    main()
