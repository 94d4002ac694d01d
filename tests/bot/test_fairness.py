"""Users take turns; nobody's own order is changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from limner_bot.fairness import Waiting, line_up

JOBS = st.lists(st.integers(1, 5), max_size=30).map(
    lambda users: [Waiting(number, user) for number, user in enumerate(users)]
)
TURNS = st.dictionaries(st.integers(1, 5), st.integers(1, 100))


def test_who_was_served_least_recently_is_next() -> None:
    jobs = [Waiting(1, user_id=1), Waiting(2, user_id=2), Waiting(3, user_id=3)]
    assert [job.user_id for job in line_up(jobs, {1: 3, 2: 1, 3: 2})] == [2, 3, 1]


def test_who_was_never_served_goes_before_all_others() -> None:
    assert [job.user_id for job in line_up([Waiting(1, 1), Waiting(2, 2)], {1: 1})] == [2, 1]


def test_a_user_with_many_jobs_delays_nobody_by_more_than_one() -> None:
    jobs = [*(Waiting(k, 1) for k in range(10)), Waiting(10, 2)]
    assert [job.number for job in line_up(jobs, {})][:3] == [0, 10, 1]


def test_an_interrupted_job_goes_first() -> None:
    jobs = [Waiting(1, 1), Waiting(2, 2, interrupted=True)]
    assert [job.number for job in line_up(jobs, {2: 5})] == [2, 1]


@given(JOBS, TURNS)
def test_nobody_is_lost_and_each_users_order_stays(jobs: list[Waiting], turns: dict[int, int]) -> None:
    ordered = line_up(jobs, turns)
    assert sorted(ordered, key=lambda job: job.number) == jobs
    for user in {job.user_id for job in jobs}:
        own = [job.number for job in ordered if job.user_id == user]
        assert own == sorted(own)


@given(JOBS, TURNS)
def test_in_each_round_every_user_is_served_once(jobs: list[Waiting], turns: dict[int, int]) -> None:
    users = len({job.user_id for job in jobs})
    first_round = line_up(jobs, turns)[:users]
    assert len({job.user_id for job in first_round}) == users
