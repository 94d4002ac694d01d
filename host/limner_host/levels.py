"""The noise levels of a trained diffusion: sigma at fractional timesteps, and back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import exp, log, sqrt
from typing import Any

from limner_sdk import UnusableModel


class TableLevels:
    """A table of rising sigmas, one per timestep, interpolated in log sigma as k-diffusion does."""

    def __init__(self, sigmas: Sequence[float]) -> None:
        self._logs = [log(sigma) for sigma in sigmas]
        self._sigmas = list(sigmas)

    @property
    def sigma_min(self) -> float:
        """The level of timestep 0."""
        return self._sigmas[0]

    @property
    def sigma_max(self) -> float:
        """The level of the last timestep."""
        return self._sigmas[-1]

    @property
    def timesteps(self) -> int:
        """How many levels were trained."""
        return len(self._sigmas)

    def sigma(self, timestep: float, /) -> float:
        """The level at a fractional timestep, held at both ends."""
        place = min(max(timestep, 0.0), len(self._logs) - 1.0)
        below = min(int(place), len(self._logs) - 2)
        part = place - below
        return exp((1 - part) * self._logs[below] + part * self._logs[below + 1])

    def timestep(self, sigma: float, /) -> float:
        """The fractional timestep of a level, held at both ends."""
        if sigma <= self._sigmas[0]:
            return 0.0
        if sigma >= self._sigmas[-1]:
            return len(self._logs) - 1.0
        above = bisect_left(self._sigmas, sigma)
        low, high = self._logs[above - 1], self._logs[above]
        return above - 1 + (log(sigma) - low) / (high - low)


def levels_of(scheduler: Mapping[str, Any], model: str) -> TableLevels:
    """The levels of a diffusers scheduler config: sigma = sqrt((1 - a) / a), a the product of 1 - beta.

    Raises `UnusableModel` for a beta schedule that Stable Diffusion never had, and for senseless numbers.
    """
    try:
        return TableLevels(_sigmas(scheduler, model))
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise UnusableModel(f"model {model}: its scheduler's noise levels make no sense ({error})") from None


def _sigmas(scheduler: Mapping[str, Any], model: str) -> list[float]:
    count = int(scheduler.get("num_train_timesteps", 1000))
    start, end = float(scheduler.get("beta_start", 0.00085)), float(scheduler.get("beta_end", 0.012))
    match scheduler.get("beta_schedule", "scaled_linear"):
        case "scaled_linear":
            first, last = sqrt(start), sqrt(end)
            betas = [(first + i / (count - 1) * (last - first)) ** 2 for i in range(count)]
        case "linear":
            betas = [start + i / (count - 1) * (end - start) for i in range(count)]
        case other:
            raise UnusableModel(f"model {model}: its scheduler has the unknown beta schedule {other!r}")
    kept, sigmas = 1.0, []
    for beta in betas:
        kept *= 1 - beta
        sigmas.append(sqrt((1 - kept) / kept))
    return sigmas
