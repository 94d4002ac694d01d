"""Samplers as short functions in sigma space, after k-diffusion's formulation; names follow the papers.

A sampler's default schedule is the one that people know it with. `aliases` are its names in k-diffusion, ComfyUI,
A1111's older interface and diffusers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from limner_sdk import NoParams, SamplerDef, hookimpl

from .ddim import DdimParams, ddim, ddpm, lcm
from .dpm_solver import AdaptiveParams, dpm_adaptive, dpm_fast
from .dpmpp import dpmpp_2m, dpmpp_2m_sde, dpmpp_2m_sde_heun, dpmpp_2s_a, dpmpp_3m_sde, dpmpp_sde
from .euler import dpm2, dpm2_a, euler, euler_a, heun
from .multistep import DeisParams, LmsParams, deis, lms, plms, plms_evaluations
from .parts import AncestralParams, ChurnParams, NoiseParams
from .restart import RestartParams, restart
from .unipc import UnipcParams, unipc

_UNIFORM: Final = "schedules:uniform"
_EXPONENTIAL: Final = "schedules:exponential"

#: About what DPM adaptive needed for Pocket's pictures (66 to 95) at its own tolerance.
_ADAPTIVE_EVALUATIONS: Final = 80


def _twice(steps: int) -> int:
    """Two a step but for the last, which goes to 0."""
    return 2 * steps - 1


def _about_eighty(steps: int) -> int:
    return _ADAPTIVE_EVALUATIONS


@hookimpl
def limner_samplers() -> Iterator[SamplerDef[Any]]:
    yield from _slopes()
    yield from _dpmpp()
    yield from _multistep()
    yield from _ddim()
    yield from _dpm_solver()


def _slopes() -> Iterator[SamplerDef[Any]]:
    yield SamplerDef(
        "euler",
        "Euler steps; plain and quick.",
        ChurnParams,
        euler,
        schedule=_UNIFORM,
        label="Euler",
        aliases=("k_euler", "sample_euler", "EulerDiscreteScheduler"),
    )
    yield SamplerDef(
        "euler_a",
        "Euler steps with fresh noise.",
        AncestralParams,
        euler_a,
        schedule=_UNIFORM,
        label="Euler a",
        aliases=(
            "euler_ancestral",
            "Euler Ancestral",
            "k_euler_a",
            "k_euler_ancestral",
            "sample_euler_ancestral",
            "EulerAncestralDiscreteScheduler",
        ),
    )
    second_order = partial(SamplerDef[Any], evaluations=_twice)
    yield second_order(
        "heun",
        "Euler steps, each corrected at its end.",
        ChurnParams,
        heun,
        schedule=_UNIFORM,
        label="Heun",
        aliases=("k_heun", "sample_heun", "HeunDiscreteScheduler"),
    )
    yield second_order(
        "dpm2",
        "Steps along the slope halfway.",
        ChurnParams,
        dpm2,
        discards_penultimate=True,
        label="DPM2",
        aliases=("dpm_2", "k_dpm_2", "sample_dpm_2", "KDPM2DiscreteScheduler"),
    )
    yield second_order(
        "dpm2_a",
        "Steps along the slope halfway, with fresh noise.",
        AncestralParams,
        dpm2_a,
        discards_penultimate=True,
        label="DPM2 a",
        aliases=(
            "dpm_2_ancestral",
            "DPM2 Ancestral",
            "k_dpm_2_a",
            "k_dpm_2_ancestral",
            "sample_dpm_2_ancestral",
            "KDPM2AncestralDiscreteScheduler",
        ),
    )
    yield second_order(
        "restart",
        "Heun steps; late noise and a second way down mend errors.",
        RestartParams,
        restart,
        label="Restart",
        aliases=("restart_sampler",),
    )


def _dpmpp() -> Iterator[SamplerDef[Any]]:
    yield SamplerDef(
        "dpmpp_2m",
        "Second order at one evaluation a step.",
        NoParams,
        dpmpp_2m,
        label="DPM++ 2M",
        aliases=("k_dpmpp_2m", "sample_dpmpp_2m", "DPMSolverMultistepScheduler"),
    )
    yield SamplerDef(
        "dpmpp_2s_a",
        "Second order within each step, with fresh noise.",
        AncestralParams,
        dpmpp_2s_a,
        evaluations=_twice,
        label="DPM++ 2S a",
        aliases=("dpmpp_2s_ancestral", "k_dpmpp_2s_a", "k_dpmpp_2s_ancestral", "sample_dpmpp_2s_ancestral"),
    )
    yield SamplerDef(
        "dpmpp_sde",
        "Second order within each step, with Brownian noise.",
        AncestralParams,
        dpmpp_sde,
        evaluations=_twice,
        label="DPM++ SDE",
        aliases=("dpmpp_sde_gpu", "k_dpmpp_sde", "sample_dpmpp_sde", "DPMSolverSDEScheduler"),
    )
    with_noise = partial(SamplerDef[Any], schedule=_EXPONENTIAL)
    yield with_noise(
        "dpmpp_2m_sde",
        "Second order at one evaluation a step, with Brownian noise.",
        AncestralParams,
        dpmpp_2m_sde,
        label="DPM++ 2M SDE",
        aliases=("dpmpp_2m_sde_gpu", "k_dpmpp_2m_sde", "sample_dpmpp_2m_sde"),
    )
    yield with_noise(
        "dpmpp_2m_sde_heun",
        "DPM++ 2M SDE with the correction of Heun's rule.",
        AncestralParams,
        dpmpp_2m_sde_heun,
        label="DPM++ 2M SDE Heun",
        aliases=("dpmpp_2m_sde_heun_gpu", "k_dpmpp_2m_sde_heun", "sample_dpmpp_2m_sde_heun"),
    )
    yield with_noise(
        "dpmpp_3m_sde",
        "Third order at one evaluation a step, with Brownian noise; wants many steps.",
        AncestralParams,
        dpmpp_3m_sde,
        discards_penultimate=True,
        label="DPM++ 3M SDE",
        aliases=("dpmpp_3m_sde_gpu", "k_dpmpp_3m_sde", "sample_dpmpp_3m_sde"),
    )


def _multistep() -> Iterator[SamplerDef[Any]]:
    yield SamplerDef(
        "lms",
        "A combination of the last four slopes.",
        LmsParams,
        lms,
        schedule=_UNIFORM,
        label="LMS",
        aliases=("k_lms", "sample_lms", "LMSDiscreteScheduler"),
    )
    yield SamplerDef(
        "plms",
        "A combination of the last four slopes, for equal steps of time.",
        NoParams,
        plms,
        schedule="schedules:ddim",
        evaluations=plms_evaluations,
        label="PLMS",
        aliases=("pndm", "k_plms", "PNDMScheduler"),
    )
    yield SamplerDef(
        "deis",
        "The last slopes, extrapolated in log sigma.",
        DeisParams,
        deis,
        schedule=_UNIFORM,
        label="DEIS",
        aliases=("k_deis", "sample_deis", "DEISMultistepScheduler"),
    )
    yield SamplerDef(
        "unipc",
        "Predicts, and corrects at no further evaluation; good at few steps.",
        UnipcParams,
        unipc,
        schedule="schedules:sgm_uniform",
        label="UniPC",
        aliases=("uni_pc", "sample_unipc", "UniPCMultistepScheduler"),
    )


def _ddim() -> Iterator[SamplerDef[Any]]:
    yield SamplerDef(
        "ddim",
        "Deterministic unless eta says otherwise; the classic.",
        DdimParams,
        ddim,
        schedule="schedules:ddim",
        label="DDIM",
        aliases=("k_ddim", "DDIMScheduler"),
    )
    yield SamplerDef(
        "ddpm",
        "The way networks were trained, backwards; wants many steps.",
        NoiseParams,
        ddpm,
        schedule=_UNIFORM,
        label="DDPM",
        aliases=("k_ddpm", "sample_ddpm", "DDPMScheduler"),
    )
    yield SamplerDef(
        "lcm",
        "For latent consistency models: 2 to 8 steps, each predicts and adds noise afresh.",
        NoiseParams,
        lcm,
        schedule="schedules:sgm_uniform",
        label="LCM",
        aliases=("k_lcm", "sample_lcm", "LCMScheduler"),
    )


def _dpm_solver() -> Iterator[SamplerDef[Any]]:
    yield SamplerDef(
        "dpm_fast",
        "Blocks of third order over levels of its own.",
        AncestralParams,
        dpm_fast,
        label="DPM fast",
        aliases=("k_dpm_fast", "sample_dpm_fast"),
    )
    yield SamplerDef(
        "dpm_adaptive",
        "As many steps as the picture needs; the number of steps is not heeded.",
        AdaptiveParams,
        dpm_adaptive,
        evaluations=_about_eighty,
        adaptive=True,
        label="DPM adaptive",
        aliases=("k_dpm_ad", "k_dpm_adaptive", "sample_dpm_adaptive"),
    )
