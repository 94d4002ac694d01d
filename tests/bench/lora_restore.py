"""Putting saved weights back after a LoRA, beside subtracting what it added, on the same weights in one process.

``python tests/bench/lora_restore.py`` does both in alternating order on the 128 attention layers of Stable Diffusion
1.5 at their real sizes and prints the times, their ratio, and the largest error that is left in a weight. Rank 16, on
the CPU.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import init_empty_weights
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn

import limner_host
from limner_host.adapters.applying import LoraApplier
from limner_host.adapters.files import Adapter

CONFIG = Path(limner_host.__file__).parent / "families" / "configs" / "sd1" / "unet"
LAYERS = ("to_q", "to_k", "to_v", "to_out.0")
RANK, ROUNDS = 16, 7

Run = Callable[[], tuple[float, float]]


def attention_of(dtype: torch.dtype) -> tuple[nn.Module, dict[str, Tensor]]:
    """SD1.5's UNet with weights in its attention layers only, and these weights."""
    with init_empty_weights():
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(str(CONFIG), local_files_only=True))
    stream = torch.Generator().manual_seed(0)
    weights = {}
    for name, layer in unet.named_modules():
        if name.endswith(LAYERS):
            drawn = torch.randn(layer.weight.shape, generator=stream) * 0.03
            layer.weight = nn.Parameter(drawn.to(dtype), requires_grad=False)
            weights[name] = layer.weight
    return unet, weights


def lora_for(weights: dict[str, Tensor], file: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """A LoRA for all these weights: written to a file, and as its factors up and down."""
    stream = torch.Generator().manual_seed(1)
    factors = {}
    for name, weight in weights.items():
        up, down = (
            torch.randn(size, generator=stream) * 0.03 for size in ((len(weight), RANK), (RANK, weight.shape[1]))
        )
        factors[name] = up, down
    stems = {name: f"lora_unet_{name.replace('.', '_')}" for name in factors}
    up_file = {f"{stems[name]}.lora_up.weight": up for name, (up, _) in factors.items()}
    save_file(up_file | {f"{stems[name]}.lora_down.weight": down for name, (_, down) in factors.items()}, file)
    return factors


def restoring(unet: nn.Module, file: Path) -> Run:
    """Limner's way: seconds to apply, and seconds to put the saved weights back."""
    applier, adapters = LoraApplier(), [Adapter(file, "bench", 0.8, 0.8)]

    def run() -> tuple[float, float]:
        begun = time.perf_counter()
        with applier.applied({"unet": unet}, adapters):
            applied = time.perf_counter()
        return applied - begun, time.perf_counter() - applied

    return run


@torch.no_grad()
def add(weights: dict[str, Tensor], factors: dict[str, tuple[Tensor, Tensor]], strength: float) -> float:
    """Add a LoRA to the weights; how many seconds it took."""
    begun = time.perf_counter()
    for name, weight in weights.items():
        up, down = factors[name]
        weight.copy_(weight.float().add(up @ down, alpha=strength))
    return time.perf_counter() - begun


def compared(dtype: torch.dtype, rounds: int, file: Path) -> None:
    """Alternate both ways and print one line."""
    unet, weights = attention_of(dtype)
    factors = lora_for(weights, file)
    original = {name: weight.clone() for name, weight in weights.items()}
    runs: dict[str, Run] = {
        "restore": restoring(unet, file),
        "subtract": lambda: (add(weights, factors, 0.8), add(weights, factors, -0.8)),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    errors = dict.fromkeys(runs, 0.0)
    for number in range(rounds + 1):
        for name in list(runs) if number % 2 == 0 else list(reversed(runs)):
            taken = runs[name]()
            # The first round warms up; the weights start anew for each run.
            times[name] += [taken] if number else []
            errors[name] = max(errors[name], *(float((weights[k] - original[k]).abs().max()) for k in weights))
            for key, weight in weights.items():
                weight.copy_(original[key])
    report(str(dtype).removeprefix("torch."), times, errors)


def report(dtype: str, times: dict[str, list[tuple[float, float]]], errors: dict[str, float]) -> None:
    """Print medians, the ratio of removing, and what is left behind."""
    for name, each in times.items():
        on, off = (statistics.median(seconds) * 1000 for seconds in zip(*each, strict=True))
        print(f"{dtype:<9} {name:<9} apply {on:7.1f} ms   remove {off:7.1f} ms   error left {errors[name]:.1e}")
    ratios = [ours[1] / theirs[1] for ours, theirs in zip(times["restore"], times["subtract"], strict=True)]
    print(
        f"{dtype:<9} ratio of removing: median {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def main() -> None:
    """Compare in float32 and bfloat16."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = options.parse_args().rounds
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for dtype in (torch.float32, torch.bfloat16):
            compared(dtype, rounds, Path(folder) / "bench.safetensors")


if __name__ == "__main__":
    main()
