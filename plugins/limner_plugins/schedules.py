"""Schedules: which noise levels the steps go through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import atan, exp, log, tan
from typing import Any, Final, Literal

from limner_sdk import InvalidRequest, NoiseLevels, NoParams, Params, ScheduleDef, Sigmas, hookimpl, param


class RangeParams(Params):
    """The range of levels, if it shall not be the model's."""

    sigma_min: float | None = param(None, "Lowest level before 0; empty means the model's.", ge=0.001, le=100)
    sigma_max: float | None = param(None, "Highest level; empty means the model's.", ge=0.01, le=100000)


class KarrasParams(RangeParams):
    """The curve of the Karras schedule."""

    rho: float = param(7.0, "How strongly steps crowd at low noise.", ge=1, le=20)


class PolyexponentialParams(RangeParams):
    """The curve of the polyexponential schedule."""

    rho: float = param(1.0, "1 is exponential; above it steps crowd at low noise.", ge=0.2, le=2)


class BetaParams(Params):
    """The beta distribution whose quantiles are taken."""

    alpha: float = param(0.6, "Below 1 steps crowd at low noise.", ge=0.4, le=5)
    beta: float = param(0.6, "Below 1 steps crowd at high noise.", ge=0.4, le=5)


class AlignYourStepsParams(Params):
    """Which table is taken."""

    table: Literal["sd15", "sdxl"] = param("sd15", "The models that the levels were optimised for.")


def shares(steps: int) -> list[float]:
    """From 0 to 1 in `steps` places; the 0 alone for one step."""
    return [i / max(1, steps - 1) for i in range(steps)]


def range_of(levels: NoiseLevels, params: RangeParams) -> tuple[float, float]:
    """The highest and the lowest level. Raises `InvalidRequest` if they are the wrong way round."""
    high = levels.sigma_max if params.sigma_max is None else params.sigma_max
    low = levels.sigma_min if params.sigma_min is None else params.sigma_min
    if low >= high:
        field, value = ("sigma_max", high) if params.sigma_min is None else ("sigma_min", low)
        raise InvalidRequest(
            f"schedule.{field}", value, f"leaves no levels between {low:g} and {high:g}; widen the range"
        )
    return high, low


def karras(steps: int, levels: NoiseLevels, params: KarrasParams) -> Sigmas:
    """Equation 5 of Karras et al. 2022 (arXiv:2206.00364), then 0."""
    high, low = (level ** (1 / params.rho) for level in range_of(levels, params))
    return [(high + share * (low - high)) ** params.rho for share in shares(steps)] + [0.0]


def exponential(steps: int, levels: NoiseLevels, params: RangeParams) -> Sigmas:
    """Equal steps in log sigma, then 0 (k-diffusion)."""
    high, low = range_of(levels, params)
    return [high * (low / high) ** share for share in shares(steps)] + [0.0]


def polyexponential(steps: int, levels: NoiseLevels, params: PolyexponentialParams) -> Sigmas:
    """A power of equal steps in log sigma, then 0 (k-diffusion)."""
    high, low = range_of(levels, params)
    return [low * (high / low) ** ((1 - share) ** params.rho) for share in shares(steps)] + [0.0]


def kl_optimal(steps: int, levels: NoiseLevels, params: NoParams) -> Sigmas:
    """Theorem 3.1 of Sabour et al. 2024 (arXiv:2404.14507): equal steps in arctan sigma, then 0."""
    high, low = atan(levels.sigma_max), atan(levels.sigma_min)
    return [tan(high + share * (low - high)) for share in shares(steps)] + [0.0]


def beta(steps: int, levels: NoiseLevels, params: BetaParams) -> Sigmas:
    """Quantiles of a beta distribution over sigma, then 0: A1111's and diffusers' reading of arXiv:2407.12173."""
    from scipy.stats import beta as distribution

    quantiles = distribution.ppf([1 - share for share in shares(steps)], params.alpha, params.beta)
    spread = levels.sigma_max - levels.sigma_min
    return [levels.sigma_min + float(quantile) * spread for quantile in quantiles] + [0.0]


def beta_timesteps(steps: int, levels: NoiseLevels, params: BetaParams) -> Sigmas:
    """Quantiles of a beta distribution over time, then 0: arXiv:2407.12173 itself, and ComfyUI's reading.

    Times are whole unless two of them would then coincide.
    """
    from scipy.stats import beta as distribution

    top = levels.timestep(levels.sigma_max)
    quantiles = distribution.ppf([1 - i / steps for i in range(steps)], params.alpha, params.beta)
    exact = [float(quantile) * top for quantile in quantiles]
    whole = [float(round(time)) for time in exact]
    return _at(levels, whole if len(set(whole)) == steps else exact)


def uniform(steps: int, levels: NoiseLevels, params: NoParams) -> Sigmas:
    """Equal steps in training time from the highest level to the lowest, then 0 (k-diffusion's default)."""
    top, bottom = levels.timestep(levels.sigma_max), levels.timestep(levels.sigma_min)
    return _at(levels, [top + share * (bottom - top) for share in shares(steps)])


def sgm_uniform(steps: int, levels: NoiseLevels, params: NoParams) -> Sigmas:
    """Equal steps in training time, the last of which leads from above the lowest level to 0."""
    top, bottom = levels.timestep(levels.sigma_max), levels.timestep(levels.sigma_min)
    return _at(levels, [top + i / steps * (bottom - top) for i in range(steps)])


def simple(steps: int, levels: NoiseLevels, params: NoParams) -> Sigmas:
    """Every so many-th entry of the model's table from its top, then 0; between entries if there are too few."""
    top, stride = levels.timestep(levels.sigma_max), levels.timesteps / steps
    if stride < 1:
        stride = top / steps
        return _at(levels, [top - i * stride for i in range(steps)])
    return _at(levels, [top - int(i * stride) for i in range(steps)])


def ddim(steps: int, levels: NoiseLevels, params: NoParams) -> Sigmas:
    """Every so many-th entry of the model's table from timestep 1 ("leading"), then 0 (arXiv:2010.02502, appendix D).

    A single step begins at the top, since timestep 1 is no place to begin.
    """
    if steps == 1:
        return [levels.sigma_max, 0.0]
    stride = levels.timesteps // steps if 2 * steps <= levels.timesteps else (levels.timesteps - 2) / steps
    return _at(levels, [1 + i * stride for i in reversed(range(steps))])


def _at(levels: NoiseLevels, times: Sequence[float]) -> Sigmas:
    """The levels at falling fractional timesteps, then 0."""
    return [levels.sigma(time) for time in times] + [0.0]


#: The levels of Sabour et al. 2024 for ten steps.
_TABLES: Final = {
    "sd15": (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029),
    "sdxl": (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029),
}


def align_your_steps(steps: int, levels: NoiseLevels, params: AlignYourStepsParams) -> Sigmas:
    """Align Your Steps, Sabour et al. 2024 (arXiv:2404.14507): a table, interpolated in log sigma, then 0.

    For a model whose range is another one, the table is stretched to it in log sigma.
    """
    logs = _fitted([log(sigma) for sigma in _TABLES[params.table]], levels)
    return [exp(_between(logs, share * (len(logs) - 1))) for share in shares(steps)] + [0.0]


def _fitted(logs: Sequence[float], levels: NoiseLevels) -> list[float]:
    high, low = log(levels.sigma_max), log(levels.sigma_min)
    if abs(high - logs[0]) < 0.01 and abs(low - logs[-1]) < 0.01:
        return list(logs)
    return [low + (value - logs[-1]) * (high - low) / (logs[0] - logs[-1]) for value in logs]


def _between(values: Sequence[float], place: float) -> float:
    below = min(int(place), len(values) - 2)
    return values[below] + (place - below) * (values[below + 1] - values[below])


@hookimpl
def limner_schedules() -> Iterator[ScheduleDef[Any]]:
    yield ScheduleDef("uniform", "Equal steps in training time.", NoParams, uniform, label="Uniform")
    yield ScheduleDef(
        "karras", "Crowds steps where details form.", KarrasParams, karras, label="Karras", aliases=("ka",)
    )
    yield ScheduleDef(
        "exponential", "Equal steps in log sigma.", RangeParams, exponential, label="Exponential", aliases=("exp",)
    )
    yield ScheduleDef(
        "polyexponential", "A power of log sigma.", PolyexponentialParams, polyexponential, label="Polyexponential"
    )
    yield ScheduleDef(
        "sgm_uniform",
        "Equal steps in training time, none of them at the lowest level.",
        NoParams,
        sgm_uniform,
        label="SGM Uniform",
        aliases=("SGMUniform", "trailing"),
    )
    yield ScheduleDef("normal", "Equal steps in training time, by ComfyUI's name.", NoParams, uniform, label="Normal")
    yield ScheduleDef("simple", "Every so many-th level of the model's table.", NoParams, simple, label="Simple")
    yield ScheduleDef(
        "ddim",
        "The same from timestep 1 upwards, below the top.",
        NoParams,
        ddim,
        label="DDIM",
        aliases=("ddim_uniform", "leading"),
    )
    yield ScheduleDef("beta", "Crowds steps at both ends of sigma.", BetaParams, beta, label="Beta")
    yield ScheduleDef(
        "beta_timesteps",
        "Crowds steps at both ends of time; what ComfyUI calls beta.",
        BetaParams,
        beta_timesteps,
        label="Beta (timesteps)",
        aliases=("beta_time", "comfyui_beta"),
    )
    yield ScheduleDef(
        "align_your_steps",
        "Levels optimised for Stable Diffusion at few steps.",
        AlignYourStepsParams,
        align_your_steps,
        label="Align Your Steps",
        aliases=("ays", "AlignYourSteps"),
    )
    yield ScheduleDef(
        "kl_optimal", "Equal steps in arctan sigma.", NoParams, kl_optimal, label="KL Optimal", aliases=("KLOptimal",)
    )
