"""The order of the line: shares by weight and cost, what admins may change, and how far a loaded model may bend it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_bot.queue.fairness import SLACK, Accounts, Detour, Waiting, after, corrected, first, line_up, rested

NEW = Accounts({}, 0.0)
COSTS = st.floats(0.5, 120)
MODELS = st.sampled_from(["", "a:one", "a:two", "a:three"])


@st.composite
def lines(draw: st.DrawFn, moves: bool = True) -> list[Waiting]:
    """Up to thirty jobs of five users; with `moves`, some are interrupted or moved."""
    how = st.tuples(st.booleans(), st.integers(-2, 2)) if moves else st.just((False, 0))
    job = st.tuples(st.integers(1, 5), COSTS, st.sampled_from([0.5, 1.0, 2.0, 4.0]), MODELS, how)
    return [Waiting(number, *rest, *how) for number, (*rest, how) in enumerate(draw(st.lists(job, max_size=30)))]


ACCOUNTS = st.builds(
    Accounts,
    st.dictionaries(st.integers(1, 5), st.floats(0, 300)),
    st.floats(0, 200),
    st.builds(Detour, st.floats(0, 20), st.floats(0, 300), st.integers(0, 30)),
)


def users(jobs: list[Waiting]) -> list[int]:
    """Whose jobs these are."""
    return [job.user_id for job in jobs]


def numbers(jobs: list[Waiting]) -> list[int]:
    """Which jobs these are."""
    return [job.number for job in jobs]


def one_by_one(jobs: list[Waiting], accounts: Accounts, loaded: str) -> list[Waiting]:
    """The order in which jobs run if each turn is decided when it comes."""
    waiting, ordered = list(jobs), []
    while (job := first(waiting, accounts, loaded)) is not None:
        accounts = after(job, accounts, waiting)
        loaded = job.model or loaded
        waiting.remove(job)
        ordered.append(job)
    return ordered


def test_who_was_served_least_is_next() -> None:
    jobs = [Waiting(1, 1, 5), Waiting(2, 2, 5), Waiting(3, 3, 5)]
    assert users(line_up(jobs, Accounts({1: 30.0, 2: 10.0, 3: 20.0}, 0.0))) == [2, 3, 1]


def test_users_of_equal_jobs_take_turns() -> None:
    jobs = [*(Waiting(k, 1, 5) for k in range(10)), Waiting(10, 2, 5), Waiting(11, 2, 5)]
    assert numbers(line_up(jobs, NEW))[:5] == [0, 10, 1, 11, 2]


def test_a_large_job_is_worth_many_small_ones() -> None:
    jobs = [Waiting(0, 1, 30), Waiting(1, 1, 30), *(Waiting(k, 2, 10) for k in range(2, 8))]
    assert users(line_up(jobs, NEW, slack=0)) == [1, 2, 2, 2, 1, 2, 2, 2]


def test_a_role_of_weight_two_has_two_turns() -> None:
    jobs = [*(Waiting(k, 1, 10) for k in range(4)), *(Waiting(k, 2, 10, weight=2) for k in range(4, 10))]
    assert users(line_up(jobs, NEW))[:6] == [1, 2, 2, 1, 2, 2]


def test_who_was_away_has_saved_up_nothing() -> None:
    jobs = [*(Waiting(k, 1, 10) for k in range(4)), *(Waiting(k, 2, 10) for k in range(4, 8))]
    assert users(line_up(jobs, Accounts({1: 1000.0}, 1000.0))) == [1, 2, 1, 2, 1, 2, 1, 2]


def test_the_clock_follows_those_who_wait() -> None:
    waiting = [Waiting(1, 1, 10), Waiting(2, 2, 10)]
    accounts = after(waiting[0], Accounts({1: 40.0, 2: 60.0}, 7.0), waiting)
    assert (accounts.clock, accounts.served) == (40.0, {1: 50.0, 2: 60.0})


def test_a_quiet_house_forgets_all_debts() -> None:
    accounts = rested(Accounts({1: 500.0, 2: 20.0}, 20.0, Detour(3.0, 20.0, 4)))
    assert accounts == Accounts({}, 500.0)
    assert accounts.start_of(1) == accounts.start_of(2) == 500.0


def test_interrupted_jobs_come_first_and_are_paid_for() -> None:
    waiting = [Waiting(1, 1, 5, moved=9), Waiting(2, 2, 5, interrupted=True)]
    assert numbers(line_up(waiting, NEW)) == [2, 1]
    assert after(waiting[1], NEW, waiting).served == {2: 0.0}


def test_admins_move_jobs_to_the_front_and_to_the_back() -> None:
    moves = {1: 0, 2: 1, 3: -1, 4: 2, 5: -2, 6: 0}
    jobs = [Waiting(number, number, 5, moved=moved) for number, moved in moves.items()]
    assert numbers(line_up(jobs, NEW)) == [4, 2, 1, 6, 3, 5]


def test_a_job_at_the_front_is_paid_for_by_its_user() -> None:
    jobs = [Waiting(1, 1, 50, moved=1), Waiting(2, 1, 5), Waiting(3, 2, 5), Waiting(4, 2, 5)]
    assert numbers(line_up(jobs, NEW)) == [1, 3, 4, 2]


@pytest.mark.parametrize(("measured", "finish"), [(20.0, 60.0), (0.0, 50.0), (-5.0, 50.0), (60.0, 80.0)])
def test_an_account_is_corrected_by_what_was_measured(measured: float, finish: float) -> None:
    job = Waiting(1, 1, 20, weight=2)
    started = after(job, Accounts({}, 50.0), [job])
    assert corrected(job, measured, started).served == {1: pytest.approx(finish)}


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_an_absurd_prediction_harms_nobody_else(cost: float) -> None:
    jobs = [Waiting(1, 1, cost, weight=0.0), Waiting(2, 1, cost), Waiting(3, 2, 5)]
    assert sorted(numbers(line_up(jobs, NEW))) == [1, 2, 3]
    accounts = after(jobs[0], NEW, jobs)
    assert accounts.start_of(2) == 0.0


@given(lines(), ACCOUNTS, MODELS)
def test_nobody_is_lost_and_each_users_order_stays(jobs: list[Waiting], accounts: Accounts, loaded: str) -> None:
    ordered = line_up(jobs, accounts, loaded)
    assert sorted(ordered) == jobs
    for user in set(users(jobs)):
        own = [job.number for job in ordered if job.user_id == user and not job.moved and not job.interrupted]
        assert own == sorted(own)


@given(lines(), ACCOUNTS, MODELS)
def test_what_the_line_foretells_comes_true(jobs: list[Waiting], accounts: Accounts, loaded: str) -> None:
    assert one_by_one(jobs, accounts, loaded) == line_up(jobs, accounts, loaded)


@given(lines(), ACCOUNTS, MODELS, st.integers(0, 10))
def test_the_beginning_of_the_line_is_the_lines_beginning(
    jobs: list[Waiting], accounts: Accounts, loaded: str, most: int
) -> None:
    whole = line_up(jobs, accounts, loaded)
    assert line_up(jobs, accounts, loaded, most) == whole[:most]
    assert first(jobs, accounts, loaded) == next(iter(whole), None)


@given(lines(), ACCOUNTS, MODELS)
def test_everybodys_first_jobs_suffice_for_a_turn(jobs: list[Waiting], accounts: Accounts, loaded: str) -> None:
    fair = {job.user_id: job for job in reversed(jobs) if not job.moved and not job.interrupted}
    heads = [*fair.values(), *(job for job in jobs if job.moved or job.interrupted)]
    job = first(heads, accounts, loaded)
    assert job == first(jobs, accounts, loaded)
    assert job is None or after(job, accounts, heads) == after(job, accounts, jobs)


@given(lines(), ACCOUNTS)
def test_the_clock_never_goes_back_nor_past_a_fair_job(jobs: list[Waiting], accounts: Accounts) -> None:
    waiting = list(jobs)
    while (job := first(waiting, accounts)) is not None:
        now = after(job, accounts, waiting)
        fair = [accounts.start_of(each.user_id) for each in waiting if not each.moved and not each.interrupted]
        assert accounts.clock <= now.clock <= min(fair, default=float("inf"))
        accounts = now
        waiting.remove(job)


@given(lines(moves=False), ACCOUNTS, st.floats(0, 100))
def test_nobody_waits_longer_for_a_loaded_model_than_one_loading(
    jobs: list[Waiting], accounts: Accounts, slack: float
) -> None:
    accounts = replace(accounts, detour=Detour())
    plain, bent = numbers(line_up(jobs, accounts, slack=0)), line_up(jobs, accounts, "a:one", slack=slack)
    for place, job in enumerate(bent):
        ahead = [other.cost for other in bent[:place] if plain.index(other.number) > plain.index(job.number)]
        assert sum(ahead) <= slack + 1e-6


@given(lines(moves=False), ACCOUNTS, st.floats(0, 100))
def test_who_goes_ahead_would_have_been_next_soon(jobs: list[Waiting], accounts: Accounts, slack: float) -> None:
    waiting, loaded = list(jobs), "a:one"
    while (job := first(waiting, accounts, loaded, slack)) is not None:
        least = min(accounts.start_of(user) for user in users(waiting))
        assert accounts.start_of(job.user_id) <= least + slack
        accounts, loaded = after(job, accounts, waiting), job.model or loaded
        waiting.remove(job)


def test_small_jobs_for_one_model_run_together() -> None:
    models = {1: "a:one", 2: "a:two"}
    jobs = [Waiting(k, 1 + k % 2, 2, model=models[1 + k % 2]) for k in range(40)]
    models_used = [job.model for job in line_up(jobs, NEW)]
    assert sum(one != other for one, other in pairwise(models_used)) <= 8


def test_who_was_passed_for_one_model_is_not_passed_again_for_another() -> None:
    accounts = Accounts({1: 0.0, 2: 1.0, 3: 2.0, 4: 3.0, 5: 4.0, 6: 5.0}, 0.0)
    models, costs = ["b", "c", "b", "d", "a", "c"], [20, 20, 4, 20, 6, 6]
    jobs = [Waiting(k, k, cost, model=model) for k, (model, cost) in enumerate(zip(models, costs, strict=True), 1)]
    # 5 and then 3 go ahead; both together have used up what 4 may be kept waiting, so 6 does not.
    assert users(line_up(jobs, accounts, "a")) == [5, 1, 3, 2, 4, 6]


def test_a_stream_of_newcomers_for_the_loaded_model_starves_nobody() -> None:
    accounts, passed = NEW, 0.0
    waiting = [Waiting(0, 1, 5, model="a:rare"), Waiting(1, 2, 3, model="a:usual")]
    for number in range(2, 100):
        job = first(waiting, accounts, "a:usual")
        assert job is not None
        if job.user_id == 1:
            break
        accounts, passed = after(job, accounts, waiting), passed + job.cost
        waiting.remove(job)
        waiting.append(Waiting(number, number + 1, 3, model="a:usual"))
    assert 0 < passed <= SLACK


def test_ten_thousand_jobs_of_a_thousand_users_are_lined_up() -> None:
    jobs: list[Any] = [Waiting(k, k % 1000, 1 + k % 119, model=f"a:{k % 3}") for k in range(10_000)]
    assert sorted(line_up(jobs, NEW, "a:1")) == jobs
