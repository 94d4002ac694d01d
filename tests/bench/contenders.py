"""Pocket's sampling in Limner, in diffusers' pipeline and in k-diffusion's function, each ready to be run and timed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from tests.k_diffusion import k_diffusion

from limner_host.house import open_studio
from limner_host.limits import Limits
from limner_host.prompt_cache import PromptCache
from limner_host.run import NoiseRun, RunContext, SamplerRun, Silent, TilerRun
from limner_host.stages.encode import encode
from limner_host.stages.noise import noise
from limner_host.stages.predict import prediction
from limner_host.stages.resolve import model_for, resolve
from limner_host.stages.sample import sample, schedule, step_at
from limner_host.stages.start import Start, from_noise
from limner_host.studio import Studio
from limner_plugins.pocket import WEIGHTS
from limner_sdk import Predict, Request, Size
from limner_sdk.folders import DataFolder
from limner_sdk.steps import steps_of

PROMPT = "a red circle on a blue background"


@dataclass
class Stopwatch:
    """Adds up the time that a network's calls take."""

    forward: Callable[..., Any]
    seconds: float = 0.0
    calls: int = 0

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return self.forward(*inputs, **options)
        finally:
            self.seconds += time.perf_counter() - begun
            self.calls += 1


@dataclass(frozen=True)
class Timed:
    """Seconds that something took, those of them inside a network, and the network's calls."""

    seconds: float
    inside: float
    calls: int

    @property
    def outside(self) -> float:
        """Seconds outside the network."""
        return self.seconds - self.inside


def timed(unet: Any, run: Callable[[], object]) -> Timed:
    """How long `run` takes, and how much of it is `unet`'s."""
    watch = Stopwatch(unet.forward)
    unet.forward = watch
    try:
        begun = time.perf_counter()
        run()
        return Timed(time.perf_counter() - begun, watch.seconds, watch.calls)
    finally:
        del unet.forward


def outside(unet: Any, run: Callable[[], object]) -> float:
    """Seconds that `run` spends outside `unet`."""
    return timed(unet, run).outside


@dataclass
class Ready:
    """One picture's sampling in Limner, up to the walk itself, which may put something `around` the prediction."""

    studio: Studio
    model: Any
    walk: Callable[..., torch.Tensor]
    start: torch.Tensor
    sigmas: tuple[float, ...]
    timeline: Any


def limner_ready(steps: int, sampler: str, data: DataFolder, unet: Any = None, **asked: Any) -> Ready:
    """Pocket and a recipe with this sampler on the Karras schedule; `walk` samples it.

    `unet` takes the place of Pocket's own, and `asked` are further fields of the request.
    """
    studio = open_studio(data)
    values = {"prompt": PROMPT, "steps": steps, "seed": 1, "sampler": sampler, "schedule": "karras"}
    request = Request.parse(values | asked)
    model: Any = studio.model(model_for(request, studio.registry))
    recipe = resolve(request, studio.registry, studio.library, Limits(), lambda offer: model.digest, {})[0]
    model = replace(model, unet=unet) if unet is not None else model
    ctx, registry = vars(RunContext(studio.device, studio.dtype, logging.getLogger(), Silent())), studio.registry
    offer = registry.sampler(recipe.sampler.id)
    sigmas = schedule(registry.schedule(recipe.schedule.id), model, recipe, steps_of(steps, None))
    timeline = encode(model, PromptCache(), recipe, steps)
    native = registry.model(recipe.model.id).definition.defaults.size
    cells = [Size(*(side // model.codec.downscale for side in size)) for size in (native, recipe.size)]

    def source() -> Any:
        return noise(registry.noise(recipe.noise.id), model.codec, recipe, [recipe.seed], NoiseRun(**ctx))

    start = from_noise(source(), sigmas[0]).x

    @torch.inference_mode()
    def walk(around: Callable[[Predict], Predict] = lambda predict: predict) -> torch.Tensor:
        run = SamplerRun(**ctx, source=source(), levels=model.levels)
        run.source.draw()
        tiles = TilerRun(**ctx, native=cells[0], canvas=cells[1], largest=cells[1])
        predict = around(prediction(model, registry, recipe, (), tiles, step_at(sigmas)))
        return sample(offer, predict, recipe, timeline, Start(start), sigmas, run, lambda count, x0: None)

    return Ready(studio, model, walk, start, sigmas, timeline)


def diffusers_run(steps: int) -> tuple[Any, Callable[[], object]]:
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
            num_inference_steps=steps,
            guidance_scale=4.0,
            output_type="latent",
            generator=torch.Generator().manual_seed(1),
        )

    return pipeline.unet, run


def k_diffusion_run(ready: Ready, function: str) -> Callable[[], object] | None:
    """k-diffusion's function around its own wrapper of the same network; None where it is not installed."""
    sampling, external = k_diffusion("sampling"), k_diffusion("external")
    if sampling is None:
        return None
    unet, together = ready.model.unet, ready.timeline.at(0).together.hidden
    levels = torch.tensor([ready.model.levels.sigma(t) for t in range(1000)])

    # Made by a call: a type checker knows nothing of a class that may not be installed.
    network: Any = type("Network", (external.DiscreteVDDPMDenoiser,), {"get_v": _velocity(unet, together)})
    wrapped = network(None, 1 / (1 + levels**2), quantize=False)

    def guided(x: torch.Tensor, sigma: torch.Tensor) -> Any:
        positive, negative = wrapped(torch.cat([x] * 2), torch.cat([sigma] * 2)).chunk(2)
        return negative + (positive - negative) * 4.0

    sigmas, options = torch.tensor(ready.sigmas), dict[str, Any](disable=True)

    @torch.inference_mode()
    def run() -> object:
        if function != "sample_dpmpp_2m":
            low = ready.sigmas[-2]
            options["noise_sampler"] = sampling.BrownianTreeNoiseSampler(ready.start, low, ready.sigmas[0], seed=1)
        return getattr(sampling, function)(guided, ready.start, sigmas, **options)

    return run


def _velocity(unet: Any, together: torch.Tensor) -> Callable[..., Any]:
    def get_v(self: Any, x: torch.Tensor, t: torch.Tensor, **options: Any) -> Any:
        return unet(x, t, together, return_dict=False)[0]

    return get_v
