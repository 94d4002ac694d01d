"""Bundled noises, samplers and schedules: their contracts, and the textbook's formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import exp, isclose, log, sqrt
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from limner_host.discovery import discover
from limner_host.levels import levels_of
from limner_plugins.noises import variation
from limner_plugins.samplers import AncestralParams, ChurnParams, ancestral_split, dpmpp_2m, euler, euler_a
from limner_plugins.schedules import KarrasParams, karras, uniform
from limner_sdk import ImageSeed, NoiseDef, NoParams, PostprocessDef, SamplerDef, ScheduleDef
from limner_sdk.testing import FakeContext, check_noise, check_postprocessor, check_sampler, check_schedule

CHECKS: dict[type[Any], Callable[[Any], None]] = {
    NoiseDef: check_noise,
    SamplerDef: check_sampler,
    ScheduleDef: check_schedule,
    PostprocessDef: check_postprocessor,
}
LEVELS = levels_of({}, "sd")


def bundled() -> Iterator[Any]:
    for plugin in discover().found:
        if plugin.origin == "bundled":
            yield from plugin.definitions


@pytest.mark.parametrize("definition", list(bundled()), ids=lambda definition: f"{definition.kind}-{definition.name}")
def test_every_bundled_definition_keeps_its_contract(definition: Any) -> None:
    if type(definition) in CHECKS:
        CHECKS[type(definition)](definition)
    assert definition.label


def test_every_kind_that_can_be_checked_is_bundled() -> None:
    kinds = {type(definition) for definition in bundled()}
    assert {NoiseDef, SamplerDef, ScheduleDef} <= kinds


def noise(seed: int, *chain: tuple[int, float]) -> torch.Tensor:
    variations = tuple({"seed": s, "strength": t} for s, t in chain)
    seeds = [ImageSeed.model_validate({"seed": seed, "variations": variations})]
    return variation((1, 4, 32, 32), seeds, FakeContext(), NoParams())[0]


def test_two_noises_are_mixed_so_that_the_variance_stays_one() -> None:
    a, b, t = noise(1), noise(2), 0.3
    assert torch.allclose(noise(1, (2, t)), ((1 - t) * a + t * b) / sqrt((1 - t) ** 2 + t**2), atol=1e-6)
    assert abs(float(noise(1, (2, 0.5)).std()) - 1) < 0.05


def test_strength_zero_keeps_the_noise_and_strength_one_replaces_it() -> None:
    assert torch.equal(noise(1, (2, 0.0)), noise(1))
    assert torch.equal(noise(1, (2, 1.0)), noise(2))


def test_a_chain_of_variations_is_mixed_link_by_link() -> None:
    first = (0.8 * noise(1) + 0.2 * noise(2)) / sqrt(0.68)
    second = (0.4 * first + 0.6 * noise(3)) / sqrt(0.52)
    assert torch.allclose(noise(1, (2, 0.2), (3, 0.6)), second, atol=1e-6)
    assert not torch.allclose(noise(1, (2, 0.2), (3, 0.6)), noise(1, (3, 0.6), (2, 0.2)))


# A Gaussian world: clean latents are N(MEAN, SPREAD²), so the best denoiser is known in closed form.
MEAN, SPREAD = 0.7, 0.5


def ideal(x: torch.Tensor, sigma: float) -> torch.Tensor:
    return (SPREAD**2 * x + sigma**2 * MEAN) / (SPREAD**2 + sigma**2)


def start(sigma: float) -> torch.Tensor:
    return torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(5), dtype=torch.float64) * sigma


SIGMAS = karras(12, LEVELS, KarrasParams())


def exact(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """Where the probability flow takes `x` from `sigma` to 0: it keeps the quantile."""
    return MEAN + (x - MEAN) * SPREAD / sqrt(SPREAD**2 + sigma**2)


def test_euler_follows_its_formula() -> None:
    x = expected = start(SIGMAS[0])
    for i in range(len(SIGMAS) - 1):
        slope = (expected - ideal(expected, SIGMAS[i])) / SIGMAS[i]
        expected = expected + slope * (SIGMAS[i + 1] - SIGMAS[i])
    assert torch.allclose(euler(ideal, x, SIGMAS, FakeContext(), ChurnParams()), expected, rtol=1e-12)


def test_euler_with_churn_first_climbs_then_steps() -> None:
    x, params = start(SIGMAS[0]), ChurnParams(churn=6.0, churn_from=0.1, churn_to=10.0, noise_scale=1.5)
    made = euler(ideal, x, SIGMAS, FakeContext(), params)
    ctx, expected, gamma = FakeContext(), x, min(6.0 / 12, sqrt(2) - 1)
    for i in range(len(SIGMAS) - 1):
        hat = SIGMAS[i] * (1 + gamma) if 0.1 <= SIGMAS[i] <= 10 else SIGMAS[i]
        if hat != SIGMAS[i]:
            expected = expected + ctx.noise_like(expected) * 1.5 * sqrt(hat**2 - SIGMAS[i] ** 2)
        slope = (expected - ideal(expected, hat)) / hat
        expected = expected + slope * (SIGMAS[i + 1] - hat)
    assert torch.allclose(made, expected, rtol=1e-10)


def test_euler_a_without_fresh_noise_is_euler() -> None:
    x = start(SIGMAS[0])
    still = euler_a(ideal, x, SIGMAS, FakeContext(), AncestralParams(eta=0.0))
    assert torch.allclose(still, euler(ideal, x, SIGMAS, FakeContext(), ChurnParams()), rtol=1e-12)


def test_euler_a_follows_its_formula() -> None:
    x = expected = start(SIGMAS[0])
    made = euler_a(ideal, x, SIGMAS, FakeContext(), AncestralParams(eta=0.7, noise_scale=0.9))
    ctx = FakeContext()
    for s, t in pairwise(SIGMAS):
        up = min(t, 0.7 * sqrt(t**2 * (s**2 - t**2) / s**2))
        down = sqrt(t**2 - up**2)
        denoised = ideal(expected, s)
        expected = denoised + (expected - denoised) * down / s
        if t > 0:
            expected = expected + ctx.noise_like(expected) * 0.9 * up
    assert torch.allclose(made, expected, rtol=1e-9)


@given(st.floats(0.03, 14), st.floats(0, 0.999), st.floats(0, 1))
def test_the_ancestral_split_keeps_the_variance(sigma: float, share: float, eta: float) -> None:
    down, up = ancestral_split(sigma, sigma * share, eta)
    assert isclose(down**2 + up**2, (sigma * share) ** 2, rel_tol=1e-9, abs_tol=1e-15)
    assert 0 <= down <= sigma * share


def test_dpmpp_2m_follows_the_paper() -> None:
    """Algorithm 2 of arXiv:2211.01095 in its own terms: alpha = 1, lambda = -log sigma, r = h' / h."""
    x = expected = start(SIGMAS[0])
    made = dpmpp_2m(ideal, x, SIGMAS, FakeContext(), NoParams())
    lambdas = [-log(sigma) for sigma in SIGMAS[:-1]]
    seen = [ideal(expected, SIGMAS[0])]
    for i in range(1, len(lambdas)):
        h = lambdas[i] - lambdas[i - 1]
        if i == 1:
            slope = seen[0]
        else:
            r = (lambdas[i - 1] - lambdas[i - 2]) / h
            slope = (1 + 1 / (2 * r)) * seen[-1] - 1 / (2 * r) * seen[-2]
        expected = SIGMAS[i] / SIGMAS[i - 1] * expected - (exp(-h) - 1) * slope
        seen.append(ideal(expected, SIGMAS[i]))
    assert torch.allclose(made, seen[-1], rtol=1e-10)


def test_a_second_order_sampler_comes_closer_than_a_first_order_one() -> None:
    x = start(SIGMAS[0])
    truth = exact(x, SIGMAS[0])
    first = (euler(ideal, x, SIGMAS, FakeContext(), ChurnParams()) - truth).abs().max()
    second = (dpmpp_2m(ideal, x, SIGMAS, FakeContext(), NoParams()) - truth).abs().max()
    assert second < first / 2


def test_more_steps_come_closer_to_the_truth() -> None:
    errors = []
    for steps in (10, 40, 160):
        sigmas = karras(steps, LEVELS, KarrasParams())
        x = start(sigmas[0])
        made = euler(ideal, x, sigmas, FakeContext(), ChurnParams())
        errors.append(float((made - exact(x, sigmas[0])).abs().max()))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("sampler", [euler, euler_a, dpmpp_2m])
def test_one_step_goes_straight_to_the_prediction(sampler: Any, steps: int) -> None:
    params = {euler: ChurnParams(), euler_a: AncestralParams(), dpmpp_2m: NoParams()}[sampler]
    sigmas = karras(steps, LEVELS, KarrasParams())
    made = sampler(lambda x, sigma: torch.full_like(x, 0.25), start(sigmas[0]), sigmas, FakeContext(), params)
    assert torch.allclose(made, torch.full_like(made, 0.25))


KARRAS = """14.615 11.725 9.340 7.384 5.789 4.500 3.465 2.641 1.991 1.483 1.091 .791 .565 .396 .273 .184 .121 .078 .048
.029 0"""
UNIFORM = """14.615 10.747 8.082 6.205 4.856 3.865 3.124 2.557 2.116 1.765 1.481 1.246 1.048 .878 .730 .596 .474 .356
.232 .029 0"""


@pytest.mark.parametrize(
    ("made", "known"), [(karras(20, LEVELS, KarrasParams()), KARRAS), (uniform(20, LEVELS, NoParams()), UNIFORM)]
)
def test_twenty_steps_go_through_the_known_levels(made: list[float], known: str) -> None:
    assert made == pytest.approx([float(level) for level in known.split()], abs=6e-4)


@pytest.mark.parametrize("rho", [1.0, 3.0, 20.0])
def test_the_karras_curve_keeps_its_ends_whatever_its_shape(rho: float) -> None:
    levels = karras(10, LEVELS, KarrasParams(rho=rho))
    assert (levels[0], levels[-2], levels[-1]) == (
        pytest.approx(LEVELS.sigma_max),
        pytest.approx(LEVELS.sigma_min),
        0,
    )
