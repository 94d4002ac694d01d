"""Noise levels of flows, and of schedules that end in nothing but noise; the others are in test_parts."""

from __future__ import annotations

import pytest
from diffusers import EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from limner_host.levels import FlowLevels, flow_levels_of, levels_of
from limner_sdk import UnusableModel


@pytest.mark.parametrize("shift", [1.0, 3.0, 0.5])
def test_a_flows_timesteps_and_levels_are_each_others_inverse(shift: float) -> None:
    levels = FlowLevels(shift)
    for timestep in (0.0, 0.25, 7.5, 500.0, 990.0):
        assert levels.timestep(levels.sigma(timestep)) == pytest.approx(timestep, abs=1e-6)


def test_a_flows_levels_are_those_of_diffusers() -> None:
    theirs = FlowMatchEulerDiscreteScheduler(shift=3.0).sigmas.flip(0).tolist()
    levels = FlowLevels(3.0)
    for timestep in (0, 1, 400, 998):
        sigma = levels.sigma(timestep)
        assert sigma / (1 + sigma) == pytest.approx(theirs[timestep], abs=1e-6)


def test_a_flow_begins_a_little_below_its_endless_level() -> None:
    levels = FlowLevels(3.0)
    assert levels.sigma_max == pytest.approx(999_999, rel=1e-6)
    assert levels.sigma(2000) == levels.sigma_max
    assert (levels.timestep(1e9), levels.timestep(1e-9)) == (999, 0)


@pytest.mark.parametrize("config", [{"shift": 0}, {"shift": "much"}, {"num_train_timesteps": 1}, {"shift": None}])
def test_a_senseless_flow_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(UnusableModel, match="make no sense"):
        flow_levels_of(config, "odd")


def test_levels_that_a_model_brings_along_are_taken() -> None:
    assert [levels_of({"trained_betas": [0.5, 0.5]}, "own").sigma(t) for t in (0, 1)] == pytest.approx([1.0, 3**0.5])


def test_the_levels_of_another_kind_of_diffusion_are_refused() -> None:
    with pytest.raises(UnusableModel, match="sigma_data"):
        levels_of({"sigma_data": 0.5, "sigma_max": 80}, "edm")


# diffusers' own way to its sigmas makes numpy 2 complain.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_schedule_that_ends_in_nothing_but_noise_has_diffusers_levels() -> None:
    config = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    theirs = EulerDiscreteScheduler(**config, rescale_betas_zero_snr=True).sigmas.flip(0)[1:].tolist()
    levels = levels_of(config | {"rescale_betas_zero_snr": True}, "zero")
    assert levels.sigma_max == pytest.approx(4096, rel=1e-6)
    for timestep in (0, 10, 500, 950, 999):
        assert levels.sigma(timestep) == pytest.approx(theirs[timestep], rel=1e-3)
