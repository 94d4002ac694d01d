"""The bundled samplers: textbook formulas lead where they lead, at any levels, and no picture feels its batch."""

from __future__ import annotations

import re
from itertools import pairwise
from math import exp, isclose, sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import small_request
from tests.plugins.oracles import ORACLES, karras_levels, mixture, start
from tests.plugins.walks import BROWNIAN, SAMPLERS, noise_of, scheduled, walk

from limner_host.house import open_registry
from limner_plugins.samplers.ddim import consistent
from limner_plugins.samplers.dpm_solver import block_orders
from limner_plugins.samplers.multistep import adams_weights, deis_weights
from limner_plugins.samplers.parts import ancestral_split
from limner_plugins.samplers.restart import RestartParams, itinerary
from limner_plugins.schedules import limner_schedules
from limner_sdk import InvalidRequest, Tensor, UnknownName
from limner_sdk.folders import DataFolder
from limner_sdk.testing import FakeContext


@pytest.mark.parametrize("schedule", ["karras", "uniform"])
@pytest.mark.parametrize("name", [name for name in ORACLES if name not in ("dpm_adaptive", "restart")])
def test_a_sampler_follows_its_textbook_formula(name: str, schedule: str) -> None:
    sigmas = scheduled(schedule, 20)
    x = start(sigmas[0])
    expected = ORACLES[name](mixture, x, sigmas, noise_of(name, FakeContext(), x, sigmas))
    assert torch.allclose(walk(name, sigmas, x), expected, rtol=1e-6, atol=1e-9)


OPTIONS: dict[str, dict[str, float]] = {
    "euler": {"churn": 6.0, "churn_from": 0.1, "churn_to": 10.0, "noise_scale": 1.1},
    "heun": {"churn": 30.0, "noise_scale": 1.003},
    "dpm2": {"churn": 4.0, "churn_from": 0.5},
    "lms": {"order": 2},
    "deis": {"order": 2},
    "ddpm": {"noise_scale": 0.9},
    "dpm_adaptive": {"eta": 0.0, "rtol": 0.01, "atol": 0.002},
} | {
    name: {"eta": 0.6, "noise_scale": 0.9}
    for name in ("euler_a", "dpm2_a", "dpmpp_2s_a", "ddim", "dpm_fast", *BROWNIAN)
}


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "dpm_adaptive"])
def test_its_parameters_mean_what_they_mean_in_the_formula(name: str) -> None:
    sigmas = scheduled("karras", 15)
    x, options = start(sigmas[0]), OPTIONS[name]
    expected = ORACLES[name](mixture, x, sigmas, noise_of(name, FakeContext(), x, sigmas), **options)
    made = walk(name, sigmas, x, **options)
    assert torch.allclose(made, expected, rtol=1e-6, atol=1e-9)
    assert not torch.allclose(made, walk(name, sigmas, x), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("options", [{}, OPTIONS["dpm_adaptive"]])
def test_dpm_adaptive_takes_the_steps_that_its_formula_takes_for_each_picture_alone(options: dict[str, float]) -> None:
    sigmas = scheduled("karras", 20)
    made = walk("dpm_adaptive", sigmas, start(sigmas[0]), **options)
    for row in (0, 1):
        x, ctx = start(sigmas[0])[row : row + 1], FakeContext(seeds=(row + 1,))
        expected = ORACLES["dpm_adaptive"](mixture, x, sigmas, noise_of("dpm_adaptive", ctx, x, sigmas), **options)
        assert torch.allclose(made[row : row + 1], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("steps", [8, 20, 36])
def test_restart_walks_the_way_that_its_users_know(steps: int) -> None:
    sigmas = scheduled("karras", steps)
    x = start(sigmas[0])
    expected = ORACLES["restart"](mixture, x, sigmas, noise_of("restart", FakeContext(), x, sigmas))
    assert torch.allclose(walk("restart", sigmas, x), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("steps", [20, 35, 36, 60])
def test_restart_takes_as_many_steps_as_it_is_given(steps: int) -> None:
    way = itinerary(scheduled("uniform", steps), RestartParams())
    assert len(way) == steps
    assert sum(after[0] > before[1] for before, after in pairwise(way)) == (1 if steps < 36 else 2)
    assert all(sigma > below for sigma, below in way)


def test_restart_below_its_turn_is_heun() -> None:
    sigmas = [*karras_levels(24, 0.09, 0.03), 0.0]
    assert torch.equal(walk("restart", sigmas, start(0.09)), walk("heun", sigmas, start(0.09)))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_batch_equals_its_pictures_made_alone_to_the_last_bit(name: str) -> None:
    sigmas = scheduled("karras", 7)
    x = start(sigmas[0]).float()
    both = walk(name, sigmas, x)
    for row in (0, 1):
        assert torch.equal(both[row : row + 1], walk(name, sigmas, x[row : row + 1], (row + 1,)))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_batch_of_real_pictures_equals_those_made_alone(name: str, studio: Any, tmp_path: Path) -> None:
    params = {"rtol": 1.0, "atol": 1.0} if name == "dpm_adaptive" else {}
    changes = {"sampler": {"name": name, "params": params}, "steps": 20 if name == "restart" else 4}
    both = studio.make(small_request(count=2, **changes), tmp_path)
    alone = studio.make(small_request(seed=8, **changes), tmp_path)
    assert both.pictures[1].recipe.seed == alone.pictures[0].recipe.seed
    assert both.pictures[1].digest == alone.pictures[0].digest


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_copes_with_the_range_of_flow_models(name: str) -> None:
    """Levels t / (1 - t) from nearly pure noise: the last prediction must still be the mixture's."""
    sigmas = [1e6, *(t / (1 - t) for t in (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)), 0.0]
    made = walk(name, sigmas, start(sigmas[0]).float())
    assert made.dtype == torch.float32
    assert float(made.abs().max()) < 2.5


@pytest.mark.parametrize("sigmas", [[14.6, 0.0], [0.3, 0.0], [1e6, 0.0], [0.8, 0.4, 0.0], [2.0, 1.0, 0.5]])
@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_copes_with_any_tail_of_a_schedule(name: str, sigmas: list[float]) -> None:
    made = walk(name, sigmas, start(sigmas[0]))
    assert torch.isfinite(made).all()
    if len(sigmas) == 2 and name != "lcm":
        assert torch.allclose(made, mixture(start(sigmas[0]), sigmas[0]), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", [n for n, d in SAMPLERS.items() if not d.adaptive])
@pytest.mark.parametrize("steps", [1, 2, 3, 20, 41])
def test_a_sampler_evaluates_as_often_as_it_says(name: str, steps: int) -> None:
    definition, calls = SAMPLERS[name], 0

    def counted(x: Tensor, sigma: float) -> Tensor:
        nonlocal calls
        calls += 1
        assert type(sigma) is float
        return mixture(x, sigma)

    sigmas = scheduled("karras", steps)
    definition.run(counted, start(sigmas[0]), sigmas, FakeContext(), definition.params())
    assert calls == definition.evaluations(steps)


TRUTH_AT = 160


@pytest.mark.parametrize("name", ["heun", "dpm2", "dpmpp_2m", "lms", "deis", "unipc", "plms", "restart", "dpm_fast"])
def test_a_sampler_of_higher_order_comes_closer_to_the_truth_than_euler(name: str) -> None:
    sigmas, high = scheduled("karras", 16), scheduled("karras", TRUTH_AT)
    truth = walk("heun", high, start(high[0]))
    options = {"eta": 0.0} if name == "dpm_fast" else {}

    def miss(sampler: str, **params: Any) -> float:
        return float((walk(sampler, sigmas, start(sigmas[0]), **params) - truth).square().mean().sqrt())

    assert miss(name, **options) < miss("euler")


@pytest.mark.parametrize(("name", "gain"), [("euler", 3), ("heun", 10), ("dpmpp_2m", 10), ("deis", 10), ("unipc", 10)])
def test_more_steps_come_closer_to_the_exact_solution(name: str, gain: float) -> None:
    """For one Gaussian the probability flow keeps each cell's quantile."""

    def miss(steps: int) -> float:
        sigmas = scheduled("karras", steps)[:-1]
        x, definition = start(sigmas[0]), SAMPLERS[name]
        made = definition.run(_gaussian, x, sigmas, FakeContext(), definition.params())
        exact = 0.7 + (x - 0.7) * sqrt((0.5**2 + sigmas[-1] ** 2) / (0.5**2 + sigmas[0] ** 2))
        return float((made - exact).abs().max())

    assert miss(15) > gain * miss(60)


def _gaussian(x: Tensor, sigma: float) -> Tensor:
    """The best denoiser of clean latents with the mean 0.7 and the standard deviation 0.5."""
    return (0.5**2 * x + sigma**2 * 0.7) / (0.5**2 + sigma**2)


def test_dpm_adaptive_comes_closer_with_a_stricter_tolerance() -> None:
    sigmas, high = scheduled("karras", 20), scheduled("karras", TRUTH_AT)
    truth = walk("heun", high, start(high[0]))
    misses = []
    for tolerance in (0.2, 0.02):
        made = walk("dpm_adaptive", sigmas, start(sigmas[0]), eta=0.0, rtol=tolerance, atol=tolerance / 5)
        misses.append(float((made - truth).abs().max()))
    assert misses[1] < misses[0]


def test_dpm_adaptive_ends_when_a_network_is_broken() -> None:
    definition = SAMPLERS["dpm_adaptive"]
    made = definition.run(
        lambda x, sigma: x * float("nan"), start(14.6), [14.6, 0.03, 0.0], FakeContext(), definition.params()
    )
    assert made.isnan().all()


@given(st.floats(0.03, 1e6), st.floats(0, 0.999), st.floats(0, 1))
def test_the_ancestral_split_keeps_the_variance(sigma: float, share: float, eta: float) -> None:
    down, up = ancestral_split(sigma, sigma * share, eta)
    assert isclose(down**2 + up**2, (sigma * share) ** 2, rel_tol=1e-9, abs_tol=1e-15)
    assert 0 <= down <= sigma * share


@given(st.lists(st.floats(0.05, 3.0), min_size=2, max_size=5))
def test_multistep_weights_integrate_what_is_constant_and_what_is_straight(steps: list[float]) -> None:
    logs = [sum(steps[:-1]) - sum(steps[: len(steps) - 1 - i]) for i in range(len(steps) - 1)][::-1]
    known, below = logs, logs[0] - steps[-1]
    weights = adams_weights(known, below)
    assert sum(weights) == pytest.approx(below - known[0], rel=1e-6)
    if len(known) > 1:
        straight = sum(weight * place for weight, place in zip(weights, known, strict=True))
        assert straight == pytest.approx((below**2 - known[0] ** 2) / 2, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("known", [[0.4, 1.0], [0.4, 1.0, 1.3]])
def test_deis_weights_integrate_a_constant(known: list[float]) -> None:
    assert sum(deis_weights(known, -0.2)) == pytest.approx(exp(-0.2) - exp(0.4), rel=1e-12)


@pytest.mark.parametrize("evaluations", range(1, 13))
def test_the_blocks_of_dpm_fast_spend_every_evaluation(evaluations: int) -> None:
    orders = block_orders(evaluations)
    assert sum(orders) == evaluations
    assert all(1 <= order <= 3 for order in orders)


def test_the_boundary_condition_of_lcm_keeps_a_clean_latent() -> None:
    x, x0 = torch.ones(1), torch.zeros(1)
    assert float(consistent(x, x0, 0.029, 0.0)) < 0.003
    assert float(consistent(x, x0, 14.6, 999.0)) < 1e-9


def test_names_of_other_programs_lead_to_one_sampler_each() -> None:
    known: dict[str, str] = {}
    for definition in SAMPLERS.values():
        for alias in (definition.name, definition.label, *definition.aliases):
            assert known.setdefault(alias.casefold(), definition.name) == definition.name
    assert [known[name] for name in ("k_euler_a", "uni_pc", "dpmpp_2m_sde_gpu")] == ["euler_a", "unipc", "dpmpp_2m_sde"]


@pytest.mark.parametrize(
    ("name", "schedule", "discards"),
    [
        ("euler_a", "uniform", False),
        ("dpmpp_2m", "karras", False),
        ("dpmpp_2m_sde", "exponential", False),
        ("dpmpp_3m_sde", "exponential", True),
        ("dpm2_a", "karras", True),
        ("ddim", "ddim", False),
    ],
)
def test_a_sampler_has_the_defaults_that_people_know(name: str, schedule: str, discards: bool) -> None:
    definition = SAMPLERS[name]
    assert (definition.schedule, definition.discards_penultimate) == (f"schedules:{schedule}", discards)


def test_an_eta_beyond_one_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="the most is 1"):
        SAMPLERS["euler_a"].params.parse({"eta": 1.5}, "sampler.")


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_walks_every_schedule(name: str) -> None:
    for schedule in limner_schedules():
        for steps in (1, 2, 20):
            sigmas = scheduled(schedule.name, steps)
            landed = walk(name, sigmas, start(sigmas[0]))
            assert torch.isfinite(landed).all(), f"{schedule.name}, {steps} steps"
        # The mixture's world ends at about 1.5. DPM++ 3M SDE keeps noise of its last step on a schedule whose
        # next-to-last level it would otherwise discard; whoever lost his way ends many times as far out.
        assert float(landed.abs().max()) < 4, schedule.name


CATALOGUE = open_registry(DataFolder(Path("nowhere"))).catalogue()


@pytest.mark.parametrize(
    ("old", "sampler", "schedule"),
    [
        ("DPM++ 2M Karras", "dpmpp_2m", "karras"),
        ("DPM++ 2M SDE Exponential", "dpmpp_2m_sde", "exponential"),
        ("DPM++ 2M SDE Heun Karras", "dpmpp_2m_sde_heun", "karras"),
        ("DPM2 a Karras", "dpm2_a", "karras"),
        ("lms karras", "lms", "karras"),
        ("k_dpmpp_sde_ka", "dpmpp_sde", "karras"),
        ("Euler a", "euler_a", None),
        ("euler_ancestral", "euler_a", None),
        ("dpmpp_2m_sde_gpu", "dpmpp_2m_sde", None),
        ("DPMSolverMultistepScheduler", "dpmpp_2m", None),
    ],
)
def test_old_names_are_understood(old: str, sampler: str, schedule: str | None) -> None:
    found, named_with_it = CATALOGUE.sampler(old)
    assert (found.name, named_with_it and named_with_it.name) == (sampler, schedule)


@pytest.mark.parametrize("old", ["Nothing Karras", "Karras", "DPM++ 2M Nothing"])
def test_a_name_that_nobody_has_is_refused_as_it_was_typed(old: str) -> None:
    with pytest.raises(UnknownName, match=re.escape(f"sampler: '{old}' is unknown")):
        CATALOGUE.sampler(old)
