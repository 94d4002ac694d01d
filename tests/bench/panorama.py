"""diffusers' panorama pipeline on Pocket's network, with windows of Pocket's size instead of Stable Diffusion's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionPanoramaPipeline
from diffusers.utils import logging
from tests.bench.contenders import PROMPT

from limner_plugins.pocket import WEIGHTS


def panorama_pipeline(window: int, stride: int) -> Any:
    """The pipeline with Euler a, on windows of `window` latent cells, `stride` cells apart."""
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    pipeline: Any = StableDiffusionPanoramaPipeline.from_pretrained(
        WEIGHTS, torch_dtype=torch.float32, safety_checker=None, local_files_only=True
    )
    pipeline.scheduler = EulerAncestralDiscreteScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline.get_views
    # The pipeline passes neither of the two on.
    pipeline.get_views = lambda height, width, circular_padding: theirs(
        height, width, window_size=window, stride=stride, circular_padding=circular_padding
    )
    return pipeline


def panorama_run(pipeline: Any, width: int, height: int, steps: int, **options: Any) -> Callable[..., torch.Tensor]:
    """Samples one latent of `width` times `height` pixels; prompts are encoded beforehand."""
    positive, negative = pipeline.encode_prompt(PROMPT, "cpu", 1, True)

    def run(**more: Any) -> torch.Tensor:
        made: torch.Tensor = pipeline(
            prompt_embeds=positive,
            negative_prompt_embeds=negative,
            width=width,
            height=height,
            num_inference_steps=steps,
            guidance_scale=4.0,
            output_type="latent",
            **({"generator": torch.Generator().manual_seed(1)} | options | more),
        ).images
        return made

    return run
