"""k-diffusion and diffusers lead the same noise to where the bundled samplers lead it."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
import torch
from tests.k_diffusion import k_diffusion
from tests.plugins.oracles import mixture, start
from tests.plugins.walks import LEVELS, SAMPLERS, noise_of, scheduled, walk

from limner_sdk import Tensor
from limner_sdk.testing import FakeContext

# diffusers makes arrays of tensors in a way that numpy 2 announces the end of.
pytestmark = pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")


@pytest.mark.skipif(k_diffusion("sampling") is None, reason="k-diffusion is not installed")
@pytest.mark.parametrize(
    ("name", "theirs", "more"),
    [
        ("euler", "sample_euler", {}),
        ("euler_a", "sample_euler_ancestral", {}),
        ("heun", "sample_heun", {}),
        ("dpm2", "sample_dpm_2", {}),
        ("dpm2_a", "sample_dpm_2_ancestral", {}),
        ("lms", "sample_lms", {}),
        ("dpmpp_2m", "sample_dpmpp_2m", {}),
        ("dpmpp_2s_a", "sample_dpmpp_2s_ancestral", {}),
        ("dpmpp_sde", "sample_dpmpp_sde", {}),
        ("dpmpp_2m_sde", "sample_dpmpp_2m_sde", {}),
        ("dpmpp_3m_sde", "sample_dpmpp_3m_sde", {}),
        ("dpmpp_2m_sde_heun", "sample_dpmpp_2m_sde", {"solver_type": "heun"}),
    ],
)
def test_k_diffusion_agrees(name: str, theirs: str, more: dict[str, Any]) -> None:
    sampling = k_diffusion("sampling")
    sigmas = scheduled("karras", 20)
    x, options = start(sigmas[0]), dict(more)
    if "eta" in SAMPLERS[name].params.model_fields:
        noise = noise_of(name, FakeContext(), x, sigmas)
        options["noise_sampler"] = lambda sigma, below: noise(float(sigma), float(below))
    levels = torch.tensor(sigmas, dtype=torch.float64)
    expected = getattr(sampling, theirs)(lambda x, s: mixture(x, float(s[0])), x, levels, disable=True, **options)
    assert torch.allclose(walk(name, sigmas, x), expected, rtol=1e-6, atol=1e-9)


class DoubleContext(FakeContext):
    """Stable Diffusion's levels, and noise in float64, as diffusers' schedulers draw it for latents in float64."""

    levels = LEVELS  # type: ignore[assignment]

    def noise_like(self, x: Tensor, /) -> Tensor:
        return torch.stack([torch.randn(x.shape[1:], generator=g, dtype=torch.float64) for g in self._streams])


def diffusers_walk(kind: str, timesteps: list[int], *, last: bool = True, **config: Any) -> tuple[Tensor, list[float]]:
    """Where a scheduler of diffusers leads the mixture's noise, and the levels it went through, in float64.

    Its latents are scaled by sqrt(alpha), its network predicts the noise; `last` takes the last step too.
    """
    import diffusers

    betas = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    scheduler = getattr(diffusers, kind)(**betas, **config)
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.double()
    scheduler.set_timesteps(20)
    assert sorted(set(scheduler.timesteps.tolist()), reverse=True) == timesteps
    levels = [sqrt((1 - a) / a) for a in scheduler.alphas_cumprod[timesteps].tolist()]
    if hasattr(scheduler, "sigmas"):
        scheduler.sigmas = torch.tensor([*levels, 0.0], dtype=torch.float64)
    y = start(levels[0]) / sqrt(1 + levels[0] ** 2)
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
    options = {"generator": generators} if kind in ("DDIMScheduler", "DDPMScheduler", "LCMScheduler") else {}
    options |= {"eta": 0.4} if kind == "DDIMScheduler" else {}
    for timestep in scheduler.timesteps if last else scheduler.timesteps[:-1]:
        sigma = levels[timesteps.index(int(timestep))]
        x = y * sqrt(1 + sigma**2)
        y = scheduler.step((x - mixture(x, sigma)) / sigma, timestep, y, **options).prev_sample
    return (y if last else y * sqrt(1 + levels[-1] ** 2)), [*levels, 0.0]


LEADING = list(range(951, 0, -50))


def ours(name: str, levels: list[float], **params: Any) -> Tensor:
    """The same walk of ours."""
    definition = SAMPLERS[name]
    return definition.run(mixture, start(levels[0]), levels, DoubleContext(), definition.params(**params))


def test_ddim_agrees_with_diffusers() -> None:
    config = {"steps_offset": 1, "clip_sample": False, "set_alpha_to_one": True}
    theirs, levels = diffusers_walk("DDIMScheduler", LEADING, **config)
    assert torch.allclose(ours("ddim", levels, eta=0.4), theirs, rtol=1e-9, atol=1e-12)


def test_ddpm_agrees_with_diffusers() -> None:
    theirs, levels = diffusers_walk("DDPMScheduler", list(range(950, -1, -50)), clip_sample=False)
    # diffusers keeps the betas of single steps in float32.
    assert torch.allclose(ours("ddpm", levels), theirs, rtol=1e-5, atol=1e-6)


def test_plms_agrees_with_diffusers_until_its_last_step() -> None:
    theirs, levels = diffusers_walk("PNDMScheduler", LEADING, last=False, steps_offset=1, skip_prk_steps=True)
    assert torch.allclose(ours("plms", levels[:-1]), theirs, rtol=1e-9, atol=1e-12)


def test_lcm_agrees_with_diffusers() -> None:
    times = [999, 959, 899, 859, 799, 759, 699, 659, 599, 559, 499, 459, 399, 359, 299, 259, 199, 159, 99, 59]
    theirs, levels = diffusers_walk("LCMScheduler", times, clip_sample=False, set_alpha_to_one=True)
    # diffusers computes the boundary condition in float32.
    assert torch.allclose(ours("lcm", levels), theirs, rtol=1e-6, atol=1e-6)


TRAILING = [round(1000 - i * 50) - 1 for i in range(20)]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_deis_agrees_with_diffusers(order: int) -> None:
    config = {"solver_order": order, "timestep_spacing": "trailing"}
    theirs, levels = diffusers_walk("DEISMultistepScheduler", TRAILING, last=False, **config)
    assert torch.allclose(ours("deis", levels[:-1], order=order), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_unipc_agrees_with_diffusers(order: int) -> None:
    config = {"solver_order": order, "solver_type": "bh2", "timestep_spacing": "trailing"}
    theirs, levels = diffusers_walk("UniPCMultistepScheduler", TRAILING, **config)
    assert torch.allclose(ours("unipc", levels, order=order, variant="bh2"), theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_unipc_agrees_with_diffusers_in_its_other_variant(order: int) -> None:
    """Until the last step, which makes diffusers' bh1 multiply 0 with infinity."""
    config = {"solver_order": order, "solver_type": "bh1", "timestep_spacing": "trailing", "lower_order_final": False}
    theirs, levels = diffusers_walk("UniPCMultistepScheduler", TRAILING, last=False, **config)
    made = ours("unipc", levels[:-1], order=order, variant="bh1", lower_order_final=False)
    assert torch.allclose(made, theirs, rtol=1e-9, atol=1e-12)
