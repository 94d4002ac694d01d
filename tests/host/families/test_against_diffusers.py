"""Each family, loaded from a folder and from a single file, draws what diffusers' own pipeline draws.

diffusers' schedulers take the same steps: `linspace` over 1000 timesteps in 4 steps gives the whole timesteps 999, 666,
333 and 0, whose sigmas stand in the table. SD3's scheduler is given the shares of training time of the same levels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    DiffusionPipeline,
    EulerDiscreteScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)
from tests.host.families.runs import CFG, NEGATIVE, PROMPT, SIZE, noise_for, our_run, sigmas_of
from torch import Tensor

from limner_host.families.canvas import takes_canvas, with_canvas
from limner_host.loading import quiet_libraries

#: diffusers' own Euler method asks numpy for an array in a way that numpy no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def oracle(kind: Any, folder: Path) -> Any:
    """diffusers' pipeline of a folder, with Euler's method where there is a choice."""
    absent = {} if (folder / "text_encoder_3").is_dir() else {"text_encoder_3": None, "tokenizer_3": None}
    with quiet_libraries():
        pipeline = kind.from_pretrained(folder, local_files_only=True, **(absent if "sd3" in folder.name else {}))
        pipeline.set_progress_bar_config(disable=True)
    if "Flow" not in type(pipeline.scheduler).__name__:
        config = pipeline.scheduler.config
        pipeline.scheduler = EulerDiscreteScheduler.from_config(config, timestep_spacing="linspace")
    return pipeline


def asked(model: Any, **options: Any) -> dict[str, Any]:
    """What every pipeline is asked for."""
    common = {
        "prompt": PROMPT,
        "negative_prompt": NEGATIVE,
        "width": SIZE.width,
        "height": SIZE.height,
        "num_inference_steps": 4,
        "guidance_scale": CFG,
        "latents": noise_for(model),
        "output_type": "latent",
    }
    return common | options


def check(ours: Tensor, theirs: Tensor, within: float = 1e-4) -> None:
    assert theirs.std() > 0.1
    assert float((ours - theirs).abs().max()) < within


@pytest.mark.parametrize("family", ["sd1", "sd2"])
def test_stable_diffusion_draws_what_diffusers_draws(folder: Any, load: Any, family: str) -> None:
    model = load(family)
    check(our_run(model), oracle(StableDiffusionPipeline, folder(family))(**asked(model)).images)


@pytest.mark.parametrize("family", ["sdxl", "sdxl_v"])
def test_sdxl_draws_what_diffusers_draws(folder: Any, load: Any, family: str) -> None:
    model = load(family)
    check(our_run(model), oracle(StableDiffusionXLPipeline, folder(family))(**asked(model)).images)


def test_a_schedule_that_ends_in_nothing_but_noise_starts_at_4096_as_in_diffusers(folder: Any, load: Any) -> None:
    model = load("sdxl_v_zero")
    assert model.levels.sigma_max == pytest.approx(4096, rel=1e-4)
    theirs = oracle(StableDiffusionXLPipeline, folder("sdxl_v_zero"))(**asked(model)).images
    # Their step from 4096 subtracts numbers of that size in single precision, which costs it four digits.
    check(our_run(model), theirs, within=5e-4)


def test_sdxl_takes_nothing_for_an_empty_negative_prompt(folder: Any, load: Any) -> None:
    model = load("sdxl")
    theirs = oracle(StableDiffusionXLPipeline, folder("sdxl"))(**asked(model, negative_prompt=None)).images
    check(our_run(model, negative=""), theirs)


INPAINTING = [
    ("sd1_inpaint", StableDiffusionInpaintPipeline),
    ("sdxl_inpaint", StableDiffusionXLInpaintPipeline),
]


@pytest.mark.parametrize(("family", "pipeline"), INPAINTING)
def test_inpainting_draws_what_diffusers_draws(folder: Any, load: Any, family: str, pipeline: Any) -> None:
    model = load(family)
    white = torch.zeros(1, 1, 8, 8)
    white[..., 2:6, 3:8] = 1
    mask = white.repeat_interleave(8, 2).repeat_interleave(8, 3)
    picture = torch.linspace(0, 1, 3 * 64 * 64).view(1, 3, 64, 64)
    with torch.inference_mode():
        kept = model.codec.encode((2 * picture - 1) * (mask < 0.5))
    inpainting = {"image": picture, "mask_image": mask, "masked_image_latents": kept, "strength": 1.0}
    theirs = oracle(pipeline, folder(family))(**asked(model, **inpainting)).images
    assert takes_canvas(model)
    check(our_run(model, change=lambda cond: with_canvas(cond, kept, white)), theirs)


def shares_of(model: Any) -> list[float]:
    """The shares of training time that diffusers' scheduler shifts to our levels."""
    shift = 3.0
    times = [sigma / (1 + sigma) for sigma in sigmas_of(model)[:-1]]
    return [t / (shift - (shift - 1) * t) for t in times]


@pytest.mark.parametrize("family", ["sd3", "sd3_t5"])
def test_sd3_draws_what_diffusers_draws(folder: Any, load: Any, family: str) -> None:
    model = load(family)
    top = model.levels.sigma_max
    same = asked(model, sigmas=shares_of(model), latents=noise_for(model) * top / (1 + top))
    check(our_run(model), oracle(DiffusionPipeline, folder(family))(**same).images)


def test_beginning_a_flow_a_little_below_its_endless_level_is_hardly_seen(folder: Any, load: Any) -> None:
    model = load("sd3")
    shares = [1.0, *shares_of(model)[1:]]
    theirs = oracle(DiffusionPipeline, folder("sd3"))(**asked(model, sigmas=shares)).images
    check(our_run(model), theirs, within=1e-4)


def test_inpainting_models_draw_from_text_as_if_all_were_masked(folder: Any, load: Any) -> None:
    model = load("sd1_inpaint")
    with torch.inference_mode():
        grey = model.codec.encode(torch.zeros(1, 3, 64, 64))
    everything = {"image": torch.zeros(1, 3, 64, 64), "mask_image": torch.ones(1, 1, 64, 64), "strength": 1.0}
    options = asked(model, masked_image_latents=grey, **everything)
    check(our_run(model), oracle(StableDiffusionInpaintPipeline, folder("sd1_inpaint"))(**options).images)
