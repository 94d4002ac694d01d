"""Walks of the bundled samplers through the mixture's world, for the tests that compare them with others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.plugins.oracles import mixture

from limner_host.levels import levels_of
from limner_plugins.samplers import limner_samplers
from limner_plugins.schedules import limner_schedules
from limner_sdk import SamplerDef, Tensor
from limner_sdk.testing import FakeContext

SAMPLERS: dict[str, SamplerDef[Any]] = {definition.name: definition for definition in limner_samplers()}
LEVELS = levels_of({}, "sd")
BROWNIAN = ("dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde")


def scheduled(name: str, steps: int) -> list[float]:
    """A bundled schedule over Stable Diffusion's levels."""
    schedule = next(definition for definition in limner_schedules() if definition.name == name)
    return list(schedule.run(steps, LEVELS, schedule.params()))


def walk(name: str, sigmas: list[float], x: Tensor, seeds: tuple[int, ...] = (1, 2), **params: Any) -> Tensor:
    """Where a sampler leads `x` in the mixture's world."""
    definition = SAMPLERS[name]
    return definition.run(mixture, x, sigmas, FakeContext(seeds), definition.params(**params))


def noise_of(name: str, ctx: FakeContext, x: Tensor, sigmas: list[float]) -> Callable[[float, float], Tensor]:
    """The noise that a sampler gets, as a function of a step's two levels."""
    if name in BROWNIAN:
        return ctx.brownian(x, min(s for s in sigmas if s > 0), sigmas[0])
    return lambda sigma, below: ctx.noise_like(x)
