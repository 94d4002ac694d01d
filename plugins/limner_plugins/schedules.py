"""Schedules: which noise levels the steps go through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from limner_sdk import NoiseLevels, NoParams, Params, ScheduleDef, Sigmas, hookimpl, param


class KarrasParams(Params):
    """The curve of the Karras schedule."""

    rho: float = param(7.0, "How strongly steps crowd at low noise.", ge=1, le=20)


def karras(steps: int, levels: NoiseLevels, params: KarrasParams) -> Sigmas:
    """Equation 5 of Karras et al. 2022 (arXiv:2206.00364) over the model's range, then 0."""
    high, low = levels.sigma_max ** (1 / params.rho), levels.sigma_min ** (1 / params.rho)
    last = max(1, steps - 1)
    return [(high + i / last * (low - high)) ** params.rho for i in range(steps)] + [0.0]


def uniform(steps: int, levels: NoiseLevels, params: NoParams) -> Sigmas:
    """Equal steps in training time, from the last timestep to the first, then 0 (k-diffusion's default)."""
    top, last = levels.timesteps - 1, max(1, steps - 1)
    return [levels.sigma(top - i * top / last) for i in range(steps)] + [0.0]


@hookimpl
def limner_schedules() -> Iterator[ScheduleDef[Any]]:
    yield ScheduleDef("karras", "Crowds steps where details form.", KarrasParams, karras, label="Karras")
    yield ScheduleDef("uniform", "Equal steps in training time.", NoParams, uniform, label="Uniform")
