"""Who gets how much of the GPU, in simulated houses full of people: shares, waits, wrong predictions and cheats."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bot.busy_house import Ask, House

from limner_bot.queue.fairness import Accounts, Waiting, line_up

LARGEST = 120.0
CHEAT = 99
HONEST = range(1, 11)


def mixed(drawn: random.Random) -> float:
    """Seconds of a job, from 1 to 120, as many small ones as large ones."""
    return math.exp(drawn.uniform(0, math.log(LARGEST)))


def zipf_line(users: int, jobs: int, seed: int = 1) -> list[Waiting]:
    """The k-th of these users asks for about 1/k as much as the first; each for one job at least."""
    drawn = random.Random(seed)
    most = jobs / sum(1 / k for k in range(1, users + 1))
    asking = [user for user in range(1, users + 1) for _ in range(max(1, round(most / user)))]
    drawn.shuffle(asking)
    weights = {user: drawn.choice([1.0, 2.0, 4.0]) for user in range(1, users + 1)}
    return [
        Waiting(number, user, mixed(drawn), weights[user], f"a:{drawn.randrange(3)}")
        for number, user in enumerate(asking)
    ]


def within(line: list[Waiting], seconds: float) -> list[Waiting]:
    """The jobs that are done within so many seconds."""
    ends, done = 0.0, []
    for job in line:
        ends += job.cost
        if ends > seconds:
            break
        done.append(job)
    return done


@pytest.mark.parametrize("part", [0.25, 0.5, 0.8])
def test_a_thousand_users_get_their_shares_within_ten_percent(part: float) -> None:
    line = line_up(zipf_line(1000, 20_000), Accounts({}, 0.0))
    done = within(line, part * sum(job.cost for job in line))
    had, wanted = Counter[int](), Counter(job.user_id for job in line)
    for job in done:
        had[job.user_id] += job.cost
        wanted[job.user_id] -= 1
    weights = {job.user_id: job.weight for job in line if wanted[job.user_id] > 0}
    assert len(weights) >= 5
    per_weight = sum(had[user] for user in weights) / sum(weights.values())
    for user, weight in weights.items():
        assert abs(had[user] - weight * per_weight) <= 0.1 * weight * per_weight + LARGEST
    print(f"\n{part:.0%}: {len(weights)} users still wait; seconds per weight: {per_weight:.0f}")


@pytest.mark.parametrize(("moment", "most"), [(500.0, 300 * LARGEST), (20_000.0, 2 * LARGEST)])
def test_a_small_job_waits_for_a_round_at_most_and_mostly_for_one_job(moment: float, most: float) -> None:
    drawn, house = random.Random(2), House()
    jobs = [Ask(user, cost := mixed(drawn), cost) for user in range(300) for _ in range(10)]
    drawn.shuffle(jobs)
    house.ask(*jobs)
    house.ask(Ask(5000, 1.0, 1.0), at=moment)
    while not house.waits_of(5000):
        house.serve()
    waited, fifo = house.waits_of(5000)[0], sum(job.takes for job in jobs) - moment
    print(f"\nwaits {waited:.0f} s among 300 busy users, and {fifo:.0f} s if who comes first is served first")
    assert waited <= most
    assert waited < fifo / 5


def everyday(house: House, hours: float) -> None:
    """Ten people ask for jobs of about 20 seconds, which fill half of the time, and one for one of 5 a minute."""
    drawn, seconds = random.Random(3), 3600 * hours
    for user in HONEST:
        moment = 0.0
        while (moment := moment + drawn.expovariate(1 / 400)) < seconds:
            house.ask(Ask(user, cost := drawn.uniform(10, 30), cost), at=moment)
    for minute in range(int(seconds / 60)):
        house.ask(Ask(0, 5.0, 5.0), at=60.0 * minute + 10)


def mean_wait(*heavy: Ask, fifo: bool = False) -> float:
    """How long the person with the small jobs waits on a day like any other; infinite if most are not done that day."""
    house = House(fifo=fifo)
    everyday(house, 2)
    house.ask(*heavy)
    house.run(until=2 * 3600)
    waits = house.waits_of(0)
    return sum(waits) / len(waits) if len(waits) > 100 else math.inf


def test_ten_thousand_jobs_of_one_user_cost_others_no_more_than_the_one_that_runs() -> None:
    heavy = [Ask(CHEAT, 20.0, 20.0)] * 10_000
    without, beside, fifo = mean_wait(), mean_wait(*heavy), mean_wait(*heavy, fifo=True)
    print(f"\nwaits {without:.1f} s, {beside:.1f} s beside 10,000 jobs; first come, first served: {fifo} s")
    assert beside <= without + 20
    assert fifo == math.inf


@pytest.mark.parametrize("bias", [0.3, 1.0, 3.0])
def test_wrong_predictions_are_evened_out(bias: float) -> None:
    drawn, house = random.Random(4), House()
    for user in range(1, 21):
        # The first ten are always thought to be cheaper, or dearer, than they are.
        wrong = bias if user <= 10 else 1.0
        for _ in range(200):
            cost = drawn.uniform(5, 40)
            house.ask(Ask(user, wrong * cost * math.exp(drawn.uniform(math.log(0.3), math.log(3))), cost))
    house.run(until=30_000)
    share = house.now / 20
    had = [house.seconds_of(user) for user in range(1, 21)]
    print(f"\nbias {bias}: {min(had) / share:.3f} to {max(had) / share:.3f} of a share")
    assert all(abs(each - share) <= 0.1 * share for each in had)


Cheat = Callable[[random.Random], Iterator[Ask]]


def splitting(drawn: random.Random) -> Iterator[Ask]:
    """A thousand tiny jobs instead of a few."""
    while True:
        yield Ask(CHEAT, 1.0, 1.0)


def enormous(drawn: random.Random) -> Iterator[Ask]:
    """Jobs thirty times as large as those of others."""
    while True:
        yield Ask(CHEAT, 600.0, 600.0)


def belittling(drawn: random.Random) -> Iterator[Ask]:
    """Jobs that look cheap, and are not."""
    while True:
        yield Ask(CHEAT, 0.5, 60.0)


def failing(drawn: random.Random) -> Iterator[Ask]:
    """Large jobs that fail on purpose, late."""
    while True:
        yield Ask(CHEAT, 60.0, drawn.uniform(30, 55))


def stopping(drawn: random.Random) -> Iterator[Ask]:
    """Jobs that are cancelled while they run."""
    while True:
        yield Ask(CHEAT, 100.0, drawn.uniform(1, 50))


def one_model(drawn: random.Random) -> Iterator[Ask]:
    """Jobs for one model, in the hope to ride on its being loaded."""
    while True:
        yield Ask(CHEAT, 3.0, 3.0, model="a:mine")


def share_of(cheat: Cheat, seed: int = 5, seconds: float = 20_000, **how: Callable[[Ask], float]) -> float:
    """What a cheat among ten honest people gets, less one job, as a multiple of a fair share."""
    drawn, house = random.Random(seed), House(**how)
    for user in HONEST:
        costs = (drawn.uniform(5, 40) for _ in range(200))
        house.ask(*(Ask(user, cost, cost, model=drawn.choice(["a:one", "a:two"])) for cost in costs))
    house.ask(*islice(cheat(drawn), 3000))
    house.run(until=seconds)
    largest = max(done.ask.takes for done in house.done if done.ask.user_id == CHEAT)
    return (house.seconds_of(CHEAT) - largest) / (house.now / 11)


@pytest.mark.parametrize("cheat", [splitting, enormous, belittling, failing, stopping, one_model])
def test_a_cheat_gains_nothing(cheat: Cheat) -> None:
    gained = share_of(cheat)
    print(f"\n{cheat.__name__}: {gained:.3f} of a share")
    assert gained <= 1.1


def test_refunding_what_failed_late_would_be_seen_here() -> None:
    assert share_of(failing, refund=lambda ask: 0.0 if ask.user_id == CHEAT else ask.takes) > 3


def test_taking_predictions_for_the_truth_would_be_seen_here() -> None:
    assert share_of(belittling, refund=lambda ask: ask.predicted) > 3


def test_cancelling_and_asking_again_gains_nothing() -> None:
    drawn, house = random.Random(6), House()
    for user in HONEST:
        house.ask(*(Ask(user, cost, cost) for cost in (drawn.uniform(5, 40) for _ in range(200))))
    while house.now < 20_000:
        house.cancel(CHEAT)
        house.ask(*[Ask(CHEAT, drawn.choice([1.0, 20.0, 100.0]), 20.0)] * 3)
        house.serve()
    assert house.seconds_of(CHEAT) <= 1.1 * house.now / 11 + 20


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 60), st.sampled_from([1.0, 2.0, 4.0])), min_size=2, max_size=8))
def test_whoever_always_waits_gets_their_share(people: list[tuple[float, float]]) -> None:
    house = House()
    for user, (cost, weight) in enumerate(people):
        house.ask(*[Ask(user, cost, cost, weight)] * int(6000 / cost))
    house.run(until=5000)
    weights = sum(weight for _, weight in people)
    for user, (_, weight) in enumerate(people):
        share = house.now * weight / weights
        # Of two who always wait, neither is ahead of the other by more than a job of each (SFQ, theorem 1).
        assert abs(house.seconds_of(user) - share) <= 0.1 * share + 60
