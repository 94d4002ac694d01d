"""The host's own time per sampling step, beside diffusers' pipeline on the same Pocket weights in one process.

``python tests/bench/sampling_overhead.py`` runs both in alternating order and prints milliseconds per step outside the
UNet, and their ratio. One picture, 30 steps, DPM++ 2M Karras, guidance on, one thread.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

from limner_host.house import open_studio
from limner_host.run import NoiseRun, RunContext, SamplerRun, Silent, streams_for
from limner_host.stages.encode import encode
from limner_host.stages.noise import noise
from limner_host.stages.resolve import model_for, resolve
from limner_host.stages.sample import sample, schedule
from limner_plugins.pocket import WEIGHTS
from limner_sdk import Request
from limner_sdk.folders import DataFolder

STEPS, ROUNDS = 30, 9
PROMPT = "a red circle on a blue background"


@dataclass
class Stopwatch:
    """Adds up the time that a network's calls take."""

    forward: Callable[..., Any]
    seconds: float = 0.0

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return self.forward(*inputs, **options)
        finally:
            self.seconds += time.perf_counter() - begun


def outside(unet: Any, run: Callable[[], object]) -> float:
    """Milliseconds per step that `run` spends outside `unet`."""
    watch = Stopwatch(unet.forward)
    unet.forward = watch
    try:
        begun = time.perf_counter()
        run()
        return (time.perf_counter() - begun - watch.seconds) / STEPS * 1000
    finally:
        del unet.forward


def limner_run() -> tuple[Any, Callable[[], object]]:
    """Pocket's UNet in Limner, and the sampling of one picture."""
    studio = open_studio(DataFolder.from_environment())
    request = Request(prompt=PROMPT, steps=STEPS, seed=1)
    model: Any = studio.model(model_for(request, studio.registry))
    recipe = resolve(request, studio.registry, lambda offer: model.digest, {})[0]
    ctx = vars(RunContext(studio.device, studio.dtype, logging.getLogger(), Silent()))
    guidance = encode(model, [recipe])
    registry = studio.registry
    start = noise(registry.noise(recipe.noise.id), model.codec, recipe, [recipe.seed], NoiseRun(**ctx))
    sigmas = schedule(registry.schedule(recipe.schedule.id), model, recipe)

    @torch.inference_mode()
    def run() -> object:
        walk = SamplerRun(**ctx, streams=streams_for([recipe.seed], tuple(start.shape[1:])))
        return sample(model, registry, recipe, guidance, start * sigmas[0], sigmas, walk, lambda count, x0: None)

    return model.unet, run


def diffusers_run() -> tuple[Any, Callable[[], object]]:
    """Pocket's UNet in diffusers' pipeline, and its sampling of one latent; prompts are encoded beforehand."""
    pipeline: Any = StableDiffusionPipeline.from_pretrained(
        WEIGHTS, torch_dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(pipeline.scheduler.config, use_karras_sigmas=True)
    pipeline.set_progress_bar_config(disable=True)
    positive, negative = pipeline.encode_prompt(PROMPT, "cpu", 1, True)

    def run() -> object:
        return pipeline(
            prompt_embeds=positive,
            negative_prompt_embeds=negative,
            num_inference_steps=STEPS,
            guidance_scale=4.0,
            output_type="latent",
            generator=torch.Generator().manual_seed(1),
        )

    return pipeline.unet, run


def main() -> None:
    """Alternate both, and report medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = options.parse_args().rounds
    torch.set_num_threads(1)
    contenders = {"limner": limner_run(), "diffusers": diffusers_run()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for unet, run in contenders.values():
        outside(unet, run)
    for number in range(rounds):
        order = list(contenders.items())
        for name, (unet, run) in order if number % 2 == 0 else reversed(order):
            times[name].append(outside(unet, run))
    for name, each in times.items():
        print(f"{name:<10} median {statistics.median(each):.3f} ms per step ({min(each):.3f} to {max(each):.3f})")
    ratios = [ours / theirs for ours, theirs in zip(times["limner"], times["diffusers"], strict=True)]
    print(f"ratio      median {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
