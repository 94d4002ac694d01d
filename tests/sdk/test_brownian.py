"""Brownian paths: torchsde's numbers, the laws of Brownian motion, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import pytest
import torch
import torchsde

from limner_sdk import Increments, brownian_path

LOW, HIGH = 0.029167, 14.614641
LEVELS = [14.614641, 14.2, 9.1, 7.3218, 2.0, 1.99, 0.5, 0.030001, 0.029167]
SHAPE = (4, 16, 16)


def draw(seed: int) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def path(seed: int = 5, low: float = LOW, high: float = HIGH) -> Increments:
    return brownian_path(seed, low, high, draw)


@pytest.mark.parametrize("seed", [0, 5, 2**32 - 1])
def test_the_path_is_that_of_torchsdes_tree(seed: int) -> None:
    tree = torchsde.BrownianTree(t0=LOW, w0=torch.zeros(SHAPE), t1=HIGH, entropy=seed)
    between = path(seed)
    for sigma, below in [*pairwise(LEVELS), (LEVELS[1], LEVELS[4]), (LEVELS[0], LEVELS[-1])]:
        # k-diffusion turns the sign round for falling levels.
        expected = -tree(below, sigma) / sqrt(sigma - below)
        assert torch.allclose(between(sigma, below), expected, atol=2e-5)


def test_increments_do_not_depend_on_what_was_asked_before() -> None:
    between = path()
    forth = {pair: between(*pair) for pair in pairwise(LEVELS)}
    back = {pair: between(*pair) for pair in reversed(list(pairwise(LEVELS)))}
    assert all(torch.equal(forth[pair], back[pair]) for pair in forth)
    assert all(torch.equal(forth[pair], path()(*pair)) for pair in forth)


def test_increments_add_up_and_rising_ones_are_falling_ones_turned_round() -> None:
    between, (a, b, c) = path(), (9.0, 4.0, 0.3)
    joined = (between(a, b) * sqrt(a - b) + between(b, c) * sqrt(b - c)) / sqrt(a - c)
    assert torch.allclose(between(a, c), joined, atol=1e-5)
    assert torch.equal(between(b, a), -between(a, b))


def test_increments_have_unit_variance_and_those_apart_are_independent() -> None:
    walks = [path(seed) for seed in range(40)]
    upper, lower = (torch.stack([walk(a, b) for walk in walks]).flatten() for a, b in ((9.0, 4.0), (4.0, 3.9)))
    assert float(upper.std()) == pytest.approx(1, abs=0.02)
    assert float(lower.std()) == pytest.approx(1, abs=0.02)
    assert abs(float((upper * lower).mean())) < 0.02


def test_a_walk_down_the_levels_draws_each_node_about_once() -> None:
    drawn: list[int] = []

    def counted(seed: int) -> torch.Tensor:
        drawn.append(seed)
        return draw(seed)

    between = brownian_path(5, LOW, HIGH, counted)
    for sigma, below in pairwise(LEVELS):
        between(sigma, below)
    assert len(drawn) < 1.2 * len(set(drawn))


@pytest.mark.parametrize(("sigma", "below"), [(15.0, 1.0), (1.0, 0.02)])
def test_levels_outside_of_the_path_are_refused(sigma: float, below: float) -> None:
    with pytest.raises(ValueError, match=r"lies outside of the Brownian path from 0\.029167 to 14\.614641"):
        path()(sigma, below)


def test_a_level_that_is_outside_by_rounding_alone_is_taken_for_the_end() -> None:
    assert torch.allclose(path()(HIGH * (1 + 1e-7), 1.0), path()(HIGH, 1.0), atol=1e-5)


def test_levels_that_round_to_one_have_no_noise_between_them() -> None:
    assert not path()(1.0 + 1e-8, 1.0).any()


def test_a_path_of_one_level_can_be_grown_and_not_walked() -> None:
    assert callable(path(low=2.0, high=2.0))


def test_two_equal_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="no increment between the equal levels"):
        path()(1.0, 1.0)
