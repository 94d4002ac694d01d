"""The noise levels of a trained diffusion: sigma at fractional timesteps, and back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp, inf, log, sqrt
from operator import mul
from typing import Any, Final

from limner_sdk import UnusableModel

#: What diffusers leaves of the signal at the last level of a schedule that ends in nothing but noise: sigma 4096.
LEAST_SIGNAL: Final = 2.0**-24
#: The same for a flow, whose last level is infinite: sigma 99999.
LATEST: Final = 1 - 1e-6


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


class FlowLevels:
    """The levels of a rectified flow of `timesteps` steps: sigma = t / (1 - t), t = s u / (1 + (s - 1) u).

    u is the share of training time, (timestep + 1) / timesteps, and s the model's `shift` towards high noise
    (arXiv:2403.03206, section 5.3.2). t ends at 1 - 1e-6 because sigma would be infinite at 1.
    """

    def __init__(self, shift: float, timesteps: int = 1000) -> None:
        if not (0 < shift < inf and timesteps > 1):
            raise ValueError(f"shift {shift}, {timesteps} timesteps")
        self._shift, self.timesteps = shift, timesteps
        self.sigma_min, self.sigma_max = self.sigma(0), self.sigma(timesteps - 1)

    def sigma(self, timestep: float, /) -> float:
        """The level at a fractional timestep, held at both ends."""
        u = (min(max(timestep, 0.0), self.timesteps - 1.0) + 1) / self.timesteps
        t = min(self._shift * u / (1 + (self._shift - 1) * u), LATEST)
        return t / (1 - t)

    def timestep(self, sigma: float, /) -> float:
        """The fractional timestep of a level, held at both ends."""
        if sigma >= self.sigma_max:
            return self.timesteps - 1.0
        t = sigma / (1 + sigma)
        return max(0.0, self.timesteps * t / (self._shift - (self._shift - 1) * t) - 1)


def flow_levels_of(scheduler: Mapping[str, Any], model: str) -> FlowLevels:
    """The levels of a diffusers flow scheduler's config.

    Raises `UnusableModel` for a shift that depends on the picture's size, and for senseless numbers.
    """
    if scheduler.get("use_dynamic_shifting"):
        raise UnusableModel(f"model {model}: its scheduler shifts by the picture's size, which is not supported")
    try:
        return FlowLevels(float(scheduler.get("shift", 1.0)), int(scheduler.get("num_train_timesteps", 1000)))
    except (ValueError, TypeError) as error:
        raise UnusableModel(f"model {model}: its scheduler's noise levels make no sense ({error})") from None


def levels_of(scheduler: Mapping[str, Any], model: str) -> TableLevels:
    """The levels of a diffusers scheduler config: sigma = sqrt((1 - a) / a), a the product of 1 - beta.

    Raises `UnusableModel` for a beta schedule that Stable Diffusion never had, and for senseless numbers.
    """
    if "sigma_data" in scheduler:
        raise UnusableModel(f"model {model}: its scheduler is one of EDM's (sigma_data), which is not supported")
    try:
        return TableLevels(_sigmas(scheduler, model))
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise UnusableModel(f"model {model}: its scheduler's noise levels make no sense ({error})") from None


def _sigmas(scheduler: Mapping[str, Any], model: str) -> list[float]:
    betas = [float(beta) for beta in scheduler.get("trained_betas") or _betas(scheduler, model)]
    kept = list(accumulate((1 - beta for beta in betas), mul))
    if scheduler.get("rescale_betas_zero_snr"):
        kept = _without_signal_at_the_end(kept)
    return [sqrt((1 - share) / share) for share in kept]


def _without_signal_at_the_end(kept: Sequence[float]) -> list[float]:
    """Shift and scale the roots so that the last becomes 0 (arXiv:2305.08891, algorithm 1), then lift it a little.

    With no signal left sigma would be infinite; with what diffusers leaves of it, the last sigma is 4096.
    """
    first, last = sqrt(kept[0]), sqrt(kept[-1])
    roots = [(sqrt(share) - last) * first / (first - last) for share in kept]
    return [max(root**2, LEAST_SIGNAL) for root in roots]


def _betas(scheduler: Mapping[str, Any], model: str) -> list[float]:
    count = int(scheduler.get("num_train_timesteps", 1000))
    start, end = float(scheduler.get("beta_start", 0.00085)), float(scheduler.get("beta_end", 0.012))
    match scheduler.get("beta_schedule", "scaled_linear"):
        case "scaled_linear":
            first, last = sqrt(start), sqrt(end)
            return [(first + i / (count - 1) * (last - first)) ** 2 for i in range(count)]
        case "linear":
            return [start + i / (count - 1) * (end - start) for i in range(count)]
        case other:
            raise UnusableModel(f"model {model}: its scheduler has the unknown beta schedule {other!r}")
