"""The bundled schedules: known levels, the papers' formulas, ends, and what happens with odd models and wishes."""

from __future__ import annotations

from itertools import pairwise
from math import atan, isfinite, log, sqrt, tan
from typing import Any

import pytest
import torch
from diffusers import EulerDiscreteScheduler
from hypothesis import given
from hypothesis import strategies as st

from limner_host.levels import TableLevels, levels_of
from limner_plugins.schedules import limner_schedules
from limner_sdk import InvalidRequest, ScheduleDef
from limner_sdk.testing import FakeLevels

SCHEDULES: dict[str, ScheduleDef[Any]] = {definition.name: definition for definition in limner_schedules()}
LEVELS = levels_of({}, "sd")
TABLE = [LEVELS.sigma(i) for i in range(1000)]


def levels_by(name: str, steps: int, levels: Any = LEVELS, **params: Any) -> list[float]:
    definition = SCHEDULES[name]
    return list(definition.run(steps, levels, definition.params(**params)))


#: Twenty steps over Stable Diffusion's range, as other programs make them.
KNOWN = {
    "karras": """14.615 11.725 9.340 7.384 5.789 4.500 3.465 2.641 1.991 1.483 1.091 .791 .565 .396 .273 .184 .121 .078
    .048 .029 0""",
    "uniform": """14.615 10.747 8.082 6.205 4.856 3.865 3.124 2.557 2.116 1.765 1.481 1.246 1.048 .878 .730 .596 .474
    .356 .232 .029 0""",
}


@pytest.mark.parametrize("name", KNOWN)
def test_twenty_steps_go_through_the_known_levels(name: str) -> None:
    assert levels_by(name, 20) == pytest.approx([float(level) for level in KNOWN[name].split()], abs=6e-4)


def test_the_two_beta_schedules_go_through_their_own_known_levels() -> None:
    in_sigma, in_time = levels_by("beta", 20), levels_by("beta_timesteps", 20)
    assert [*in_sigma[:4], *in_sigma[-4:]] == pytest.approx([14.6, 14.4, 13.99, 13.4, 0.66, 0.23, 0.029, 0], abs=0.06)
    assert [*in_time[:4], *in_time[-4:]] == pytest.approx([14.6, 13.5, 11.5, 9.4, 0.29, 0.20, 0.11, 0], abs=0.06)


def test_normal_is_uniform_by_another_name() -> None:
    assert levels_by("normal", 17) == levels_by("uniform", 17)


@pytest.mark.parametrize("name", ["exponential", "polyexponential"])
def test_exponential_levels_have_equal_ratios(name: str) -> None:
    ratios = [below / above for above, below in pairwise(levels_by(name, 20)[:-1])]
    assert ratios == pytest.approx([(LEVELS.sigma_min / LEVELS.sigma_max) ** (1 / 19)] * 19)


def test_polyexponential_levels_follow_their_power() -> None:
    made = levels_by("polyexponential", 5, rho=2.0)
    place = (log(made[2]) - log(LEVELS.sigma_min)) / (log(LEVELS.sigma_max) - log(LEVELS.sigma_min))
    assert place == pytest.approx(0.5**2)


def test_sgm_uniform_leaves_the_lowest_level_out() -> None:
    assert levels_by("sgm_uniform", 20) == pytest.approx([*levels_by("uniform", 21)[:-2], 0.0])


@pytest.mark.parametrize("steps", [3, 20, 33, 150])
def test_simple_takes_every_so_many_th_entry_from_the_top(steps: int) -> None:
    expected = [TABLE[-(1 + i * 1000 // steps)] for i in range(steps)]
    assert levels_by("simple", steps) == pytest.approx([*expected, 0.0])


@pytest.mark.parametrize("steps", [2, 15, 20, 25, 150])
def test_ddim_takes_every_so_many_th_entry_from_timestep_one(steps: int) -> None:
    expected = [TABLE[1 + i * (1000 // steps)] for i in range(steps)][::-1]
    assert levels_by("ddim", steps) == pytest.approx([*expected, 0.0])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_single_step_begins_at_the_top(name: str) -> None:
    assert levels_by(name, 1) == [pytest.approx(LEVELS.sigma_max, rel=1e-4), 0.0]


def test_kl_optimal_takes_equal_steps_of_the_arctangent_and_ends_at_nothing() -> None:
    made = levels_by("kl_optimal", 10)
    high, low = atan(LEVELS.sigma_max), atan(LEVELS.sigma_min)
    assert made[:-1] == pytest.approx([tan(high + i / 9 * (low - high)) for i in range(10)])
    assert made[-1] == 0


@pytest.mark.parametrize(("table", "fourth"), [("sd15", 2.697), ("sdxl", 2.181)])
def test_align_your_steps_is_its_table_at_eleven_steps(table: str, fourth: float) -> None:
    made = levels_by("align_your_steps", 11, table=table)
    assert (made[0], made[3], made[-2], made[-1]) == pytest.approx((14.615, fourth, 0.029, 0))


def test_align_your_steps_lies_between_its_table_at_other_numbers() -> None:
    made = levels_by("align_your_steps", 21)
    assert made[1] == pytest.approx(sqrt(14.615 * 6.475))
    assert made[2] == pytest.approx(6.475)


def test_align_your_steps_is_stretched_to_a_model_of_another_range() -> None:
    made = levels_by("align_your_steps", 10, TableLevels([0.01, 1.0, 80.0]))
    assert (made[0], made[-2]) == pytest.approx((80.0, 0.01))


@pytest.mark.parametrize("rho", [1.0, 3.0, 20.0])
def test_the_karras_curve_keeps_its_ends_whatever_its_shape(rho: float) -> None:
    made = levels_by("karras", 10, rho=rho)
    assert (made[0], made[-2], made[-1]) == pytest.approx((LEVELS.sigma_max, LEVELS.sigma_min, 0))


@pytest.mark.parametrize("name", ["karras", "exponential", "polyexponential"])
def test_a_range_can_be_overridden_at_either_end(name: str) -> None:
    made = levels_by(name, 10, sigma_min=0.1, sigma_max=10.0)
    assert (made[0], made[-2]) == pytest.approx((10.0, 0.1))
    assert levels_by(name, 10, sigma_min=0.1)[0] == pytest.approx(LEVELS.sigma_max)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"sigma_min": 20.0}, "schedule.sigma_min: 20.0 leaves no levels between 20 and 14.6146; widen the range"),
        ({"sigma_max": 0.02}, "schedule.sigma_max: 0.02 leaves no levels between 0.0291672 and 0.02; widen the range"),
    ],
)
def test_a_range_the_wrong_way_round_is_one_sentence(params: dict[str, float], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        levels_by("karras", 10, **params)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("beta", {"alpha": 0.4, "beta": 0.4}),
        ("beta", {"alpha": 5.0, "beta": 0.4}),
        ("beta_timesteps", {"alpha": 0.4, "beta": 5.0}),
        ("beta_timesteps", {"alpha": 5.0, "beta": 5.0}),
        ("karras", {"rho": 20.0, "sigma_min": 0.001, "sigma_max": 100.0}),
        ("polyexponential", {"rho": 2.0}),
        ("polyexponential", {"rho": 0.2}),
    ],
)
def test_levels_fall_at_the_ends_of_what_may_be_set(name: str, params: dict[str, float]) -> None:
    for steps in (1, 2, 20, 150):
        made = levels_by(name, steps, **params)
        assert all(above > below + 1e-6 for above, below in pairwise(made))


class Flow:
    """A flow model's levels: sigma = t / (1 - t) for the time t = timestep / 1000, kept below 1 - 1e-5."""

    sigma_min, sigma_max, timesteps = 0.001 / 0.999, 99999.0, 1000

    def sigma(self, timestep: float, /) -> float:
        time = min(max(timestep / 1000, 0.001), 1 - 1e-5)
        return time / (1 - time)

    def timestep(self, sigma: float, /) -> float:
        return 1000 * sigma / (1 + sigma)


@pytest.mark.parametrize("levels", [Flow(), TableLevels([0.03 * 1.06**i for i in range(100)])], ids=["flow", "short"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_falls_on_models_unlike_stable_diffusion(name: str, levels: Any) -> None:
    for steps in (1, 2, 20, 99, 150):
        made = levels_by(name, steps, levels)
        assert len(made) == steps + 1
        assert made[-1] == 0
        assert all(above > below for above, below in pairwise(made))
        assert isfinite(made[0])
        assert made[0] <= levels.sigma_max * 1.001


@given(st.integers(1, 150), st.sampled_from(sorted(SCHEDULES)))
def test_levels_are_plain_floats(steps: int, name: str) -> None:
    assert {type(level) for level in levels_by(name, steps)} == {float}


# diffusers makes arrays of tensors in a way that numpy 2 announces the end of.
@pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("uniform", {}),
        ("karras", {"use_karras_sigmas": True}),
        ("exponential", {"use_exponential_sigmas": True}),
        ("beta", {"use_beta_sigmas": True}),
        ("ddim", {"timestep_spacing": "leading", "steps_offset": 1}),
    ],
)
def test_diffusers_goes_through_the_same_levels(name: str, config: dict[str, Any]) -> None:
    betas = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    scheduler = EulerDiscreteScheduler(**betas, **config)
    scheduler.set_timesteps(20)
    # Between table entries diffusers interpolates sigma, we its logarithm.
    assert levels_by(name, 20) == pytest.approx(scheduler.sigmas.to(torch.float64).tolist(), rel=5e-5)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_a_schedule_of_thousands_of_steps_still_falls(name: str) -> None:
    definition = SCHEDULES[name]
    sigmas = definition.run(2000, FakeLevels(), definition.params())
    assert len(sigmas) == 2001
    assert all(above > below for above, below in pairwise(sigmas))
