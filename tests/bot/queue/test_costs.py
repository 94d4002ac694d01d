"""Predictions follow what was measured, and no clock can lead them astray."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_bot.queue.costs import FIXED, LOAD, MOST_SECONDS, Rate, Rates, Running, eta, updated

ABSURD = st.sampled_from([0.0, -5.0, 1e-300, 1e-9, 1e9, 1e300, math.inf, -math.inf, math.nan])


def learned(samples: int, speed: float, noise: float = 0.0, rate: Rate | None = None) -> Rate:
    """The rate after jobs of mixed sizes that take `speed` seconds per unit of work."""
    drawn = random.Random(1)
    for _ in range(samples):
        work = drawn.uniform(1, 100)
        rate = updated(rate, work, work * speed * math.exp(drawn.gauss(0, noise)))
    assert rate is not None
    return rate


def test_a_rate_comes_to_what_jobs_take() -> None:
    assert learned(1, 0.3).seconds == pytest.approx(0.3)
    assert learned(30, 0.3, noise=0.5).seconds == pytest.approx(0.3, rel=0.3)


def test_another_gpu_is_learned_within_fifty_jobs() -> None:
    old = learned(1000, 3.0)
    assert learned(50, 0.03, rate=old).seconds == pytest.approx(0.03, rel=0.15)
    assert learned(5, 1.0, rate=old).seconds > 1.5


@given(ABSURD, ABSURD)
def test_one_absurd_sample_moves_a_settled_rate_little(work: float, seconds: float) -> None:
    moved = updated(learned(10, 0.3), work, seconds)
    assert moved is not None
    assert 0.3 / 1.15 < moved.seconds < 0.3 * 1.15


@given(st.lists(st.tuples(ABSURD | st.floats(0.1, 100), ABSURD | st.floats(0.1, 100)), max_size=40))
def test_predictions_stay_seconds_whatever_is_measured(samples: list[tuple[float, float]]) -> None:
    rates = Rates({})
    for work, seconds in samples:
        rates = rates.learned(work, "a:b", seconds, beside=seconds / 3).loaded(seconds)
        assert all(1e-4 <= rate.seconds <= 1e4 for rate in rates.known.values())
        assert 0 < rates.predicted(1e9, "a:b", loads=True) <= MOST_SECONDS


def test_an_unknown_model_is_thought_to_be_as_fast_as_the_middle_one() -> None:
    rates = Rates({"a:slow": Rate(9.0, 5), "a:fast": Rate(0.1, 5), "a:middle": Rate(2.0, 5), LOAD: Rate(99.0, 5)})
    assert rates.per_work("a:new") == 2.0
    assert Rates({}).per_work("a:new") == 1.0


def test_a_job_costs_its_work_and_what_is_beside_it() -> None:
    rates = Rates({"a:b": Rate(0.5, 9), FIXED: Rate(2.0, 9), LOAD: Rate(20.0, 9)})
    assert rates.predicted(10, "a:b") == pytest.approx(7.0)
    assert rates.predicted(10, "a:b", loads=True) == pytest.approx(27.0)
    assert rates.predicted(0, "a:b") == 2.0


def test_work_and_what_is_beside_it_are_told_apart() -> None:
    rates = Rates({})
    for work in (10, 20, 40, 80) * 5:
        rates = rates.learned(work, "a:b", 3.0 + 0.2 * work, beside=3.0)
    assert (rates.fixed, rates.per_work("a:b")) == (pytest.approx(3.0), pytest.approx(0.2))
    assert rates.predicted(5, "a:b") == pytest.approx(4.0)


def test_total_seconds_alone_teach_as_well() -> None:
    rates = Rates({FIXED: Rate(3.0, 9)})
    for work in (10, 20, 40, 80):
        rates = rates.learned(work, "a:b", 3.0 + 0.2 * work)
    assert rates.per_work("a:b") == pytest.approx(0.2)
    assert rates.known[FIXED] == Rate(3.0, 9)


def test_a_running_job_is_trusted_more_the_further_it_is() -> None:
    assert Running(predicted=20, done=0.0, elapsed=3).left == 20
    assert Running(predicted=20, done=0.5, elapsed=10).left == pytest.approx(10)
    assert Running(predicted=20, done=0.9, elapsed=90).left == pytest.approx(10, rel=0.2)
    assert Running(predicted=20, done=1.0, elapsed=20).left == 0


def test_a_prediction_that_was_far_too_low_is_not_believed_for_long() -> None:
    assert Running(predicted=20, done=0.2, elapsed=200).left == pytest.approx(800, rel=0.2)
    assert Running(predicted=20, done=0.5, elapsed=500).left == pytest.approx(500, rel=0.1)
    assert Running(predicted=20, done=0.0, elapsed=60).left == 60


def test_a_job_begins_when_those_before_it_are_done() -> None:
    at_work = Running(predicted=20, done=0.5, elapsed=10)
    assert eta([]) == 0
    assert eta([5, 7], [at_work]) == pytest.approx(22)
    assert eta([5, 7], [at_work], workers=2) == pytest.approx(10)
    assert eta([5, 7, 1], [], workers=2) == pytest.approx(6)
