"""Members get the most generous of their roles, and whoever asks for more is told what is allowed, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_bot.queue.limits import DAY, Limits, OverLimit, check, merged, pixels_of
from limner_sdk import InvalidRequest, Request

NOON = 20_000 * DAY + DAY / 2
SOME = st.none() | st.integers(1, 16)
ROLES = st.lists(st.builds(Limits, waiting=SOME, steps=SOME, count=SOME, weight=SOME), max_size=5)


def asked(**changes: Any) -> Request:
    """A request that says everything."""
    values = {"prompt": "a circle", "model": "a:pocket", "width": 512, "height": 512, "steps": 20, "count": 4}
    return Request.parse(values | changes)


def refused(limits: Limits, request: Request | None = None, used: float = 0, **how: Any) -> OverLimit:
    """What is said of a request that breaks `limits`; it takes 30 seconds, at noon."""
    with pytest.raises(OverLimit) as caught:
        check(request or asked(), limits, used, how.pop("waiting", 0), how.pop("predicted", 30), now=NOON, **how)
    return caught.value


def test_who_has_no_limits_may_ask_for_anything() -> None:
    check(asked(steps=150, count=16), merged([]), 1e9, 10**6, 1e9, now=NOON, jobs=1000)


def test_the_most_generous_role_counts_field_by_field() -> None:
    everybody = Limits(waiting=3, steps=30, models=("pocket",), weight=1)
    patron = Limits(waiting=10, steps=20, models=("sdxl",), weight=4)
    assert merged([everybody, patron]) == Limits(waiting=10, steps=30, models=("pocket", "sdxl"), weight=4)


def test_a_role_that_says_nothing_lifts_nothing() -> None:
    assert merged([Limits(waiting=3), Limits(weight=2)]) == Limits(waiting=3, weight=2)


@given(ROLES)
def test_another_role_never_takes_anything_away(roles: list[Limits]) -> None:
    both = merged(roles)
    for role in roles:
        for name, value in role.model_dump(exclude_none=True).items():
            assert getattr(both, name) >= value


def test_what_is_too_much_is_named_with_what_is_allowed() -> None:
    limits = Limits(largest_pixels=512 * 512, steps=30, count=4)
    assert str(refused(limits, asked(steps=40))) == (
        "steps: 40 steps are more than the 30 that your roles allow; ask for fewer"
    )
    assert refused(limits, asked(count=5)).limit == "count"
    assert refused(limits, asked(width=520)).limit == "largest_pixels"
    check(asked(), limits, 0, 0, 30, now=NOON)


def test_a_second_pass_counts_as_pixels_and_what_is_drawn_around_a_picture_counts_once() -> None:
    assert pixels_of(asked(hires={"scale": 2})) == 1024 * 1024
    assert pixels_of(asked(hires={"width": 768})) == 768 * 768
    assert pixels_of(asked(width=1024, outpaint={"left": 512})) == 1024 * 512
    assert pixels_of(asked(width=None)) is None


def test_steps_of_the_second_pass_count_as_well() -> None:
    assert refused(Limits(steps=30), asked(hires={"steps": 60})).value == 60


def test_only_listed_models_may_be_used() -> None:
    limits = Limits(models=("Pocket", "b:sdxl"))
    assert all(map(limits.allows, ("a:pocket", "b:sdxl")))
    assert not limits.allows("c:sdxl")
    assert Limits(models=("*",)).allows("c:sdxl")
    assert not Limits(models=()).allows("c:sdxl")
    assert "Pocket, b:sdxl" in str(refused(limits, asked(model="c:sdxl")))


def test_a_full_line_says_when_there_is_room() -> None:
    limits = Limits(waiting=3)
    check(asked(), limits, 0, 2, 30, now=NOON)
    error = refused(limits, waiting=3, place_in=100)
    assert str(error) == "waiting: 4 jobs would wait, and your roles allow 3 at once; there is room in 2 min"
    assert error.room_in == 100
    assert "ask for 3 at most" in str(refused(limits, jobs=4))


def test_a_command_that_makes_many_jobs_is_limited() -> None:
    assert refused(Limits(repeat=3), jobs=4).most == 3


def test_a_spent_day_says_when_the_next_one_begins() -> None:
    limits = Limits(seconds_per_day=600)
    check(asked(), limits, 570, 0, 30, now=NOON)
    error = refused(limits, used=571)
    assert str(error) == (
        "seconds_per_day: 30 seconds of the GPU are needed for this, and your roles allow 600 a day, of which 29 are "
        "left; there is room again in 12 h"
    )
    assert error.room_in == DAY / 2


def test_what_never_fits_into_a_day_is_not_put_off() -> None:
    error = refused(Limits(seconds_per_day=600), predicted=601)
    assert error.room_in is None
    assert str(error).endswith("ask for less work")


@pytest.mark.parametrize("text", ['{"waiting": -1}', '{"weight": 1e999}', '{"jobs": 3}', "[]", "no JSON"])
def test_wrong_limits_are_one_sentence(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Limits.parse(text)
    assert "\n" not in str(caught.value)


def test_limits_stay_the_same_as_json() -> None:
    limits = Limits(waiting=3, seconds_per_day=60.5, models=("pocket",))
    assert Limits.parse(limits.model_dump_json(exclude_none=True)) == limits
