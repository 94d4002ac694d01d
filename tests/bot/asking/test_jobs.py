"""Jobs of one text: permutations, flags, options and repeats together, and as requests."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bot.stub_host import catalogue

from limner_bot.asking.jobs import jobs_of, settled
from limner_bot.asking.menu import Menu
from limner_sdk import InvalidRequest, Size

NATIVE = Size(128, 128)


def test_lists_flags_and_repeats_multiply_in_a_stable_order() -> None:
    jobs = jobs_of("a {red, green} cat --steps {10,20} -r 2", {"cfg": 5.0, "seed": None}, 8)
    assert [(job["prompt"], job["steps"]) for job in jobs[::2]] == [
        ("a red cat", 10),
        ("a red cat", 20),
        ("a green cat", 10),
        ("a green cat", 20),
    ]
    assert jobs[0] == jobs[1] == {"prompt": "a red cat", "cfg": 5.0, "steps": 10}


def test_repeats_of_a_seed_go_on_where_the_pictures_before_ended() -> None:
    assert [job["seed"] for job in jobs_of("x --seed 7 -r 3", {}, 3)] == [7, 11, 15]
    assert [job["seed"] for job in jobs_of("x -r 3 --n 1", {"seed": 2**32 - 1}, 3)] == [2**32 - 1, 0, 1]
    assert [job["seed"] for job in jobs_of("x --seed 7 -r 2", {}, 2, usual=2)] == [7, 9]


def test_variations_of_a_seed_keep_it_when_they_are_repeated() -> None:
    jobs = jobs_of("x --seed 7 --vary 0.2 -r 2", {}, 2)
    requests = [Menu(catalogue()).request(settled(job, NATIVE)) for job in jobs]
    assert [request.seed for request in requests] == [7, 7]
    assert requests[0].variations[0].strength == 0.2
    assert requests[0].variations != requests[1].variations


def test_alternatives_share_a_seed_so_that_they_can_be_compared() -> None:
    assert [job["seed"] for job in jobs_of("{cat, dog} --seed 7", {}, 2)] == [7, 7]


def test_an_option_may_say_the_same_as_a_flag() -> None:
    options = {"size": "512 x 768", "sampler": "Euler", "styles": "ink, night", "cfg": 7}
    (job,) = jobs_of("x --size 512x768 --sampler euler --style ink,night --cfg 7", options, 1)
    assert (job["size"], job["styles"]) == ("512x768", ["ink", "night"])


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("x --steps 30", {"steps": 20}, "steps: 30 is said by a flag, but the option says 20"),
        ("x --size 64x64", {"size": "64x128"}, "the option says 64x128"),
        ("x --private", {"private": False}, "the option says False"),
        ("x --ar 3:2", {"size": "64x64"}, "ratio: '3:2' is said beside the size 64x64; leave one of them out"),
        ("x --ar 3:2 --size 64x64", {}, "is said beside the size"),
        ("x -r 3", {"repeat": 2}, "the option says 2"),
        ("{a,b} -r 3", {}, "repeat: 6 jobs are too many at once; the most is 5"),
        ("{a,b,c,d,e,f}", {}, "asks for 6 jobs at once; the most is 5"),
        ("x -r 9999", {}, "9999 jobs are too many"),
        ("{a, b --foo}", {}, "is no flag"),
    ],
)
def test_what_cannot_hold_together_is_refused_with_one_sentence(
    text: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        jobs_of(text, options, 5)


def test_a_job_becomes_a_request() -> None:
    text = "a cat --ar 2:1 --no dogs --style noir --denoise 0.6 --private --sampler heun --finish shine"
    (job,) = jobs_of(text, {"image": "picture.png"}, 1)
    assert job["private"] is True
    request = Menu(catalogue()).request(settled(job, NATIVE))
    assert (request.width, request.height, request.negative, request.styles) == (184, 88, "dogs", ("noir",))
    assert request.start is not None
    assert request.sampler is not None
    assert (request.start.denoise, request.sampler.name, len(request.postprocess)) == (0.6, "stub:heun", 1)


def test_options_as_people_write_them_become_a_request_too() -> None:
    assert settled({"prompt": "x", "styles": "ink, night", "vary": 0.0, "size": None}, NATIVE) == {
        "prompt": "x",
        "styles": ["ink", "night"],
    }


def test_drawing_anew_needs_a_picture() -> None:
    with pytest.raises(InvalidRequest, match=r"denoise: 0\.6 needs a picture to start from"):
        settled({"prompt": "x", "denoise": 0.6}, NATIVE)


PARTS = ["{a, b}", "{", "}", ",", "|", "\\", "--ar", "3:2", "--seed 7", "-r 2", "--no x", '"', "--style a,b", "cat"]


@settings(deadline=1000, max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=4)), max_size=8), st.booleans())
def test_nothing_but_a_sentence_is_ever_raised(parts: list[str], is_apart: bool) -> None:
    with suppress(InvalidRequest):
        jobs = jobs_of((" " if is_apart else "").join(parts), {"steps": 20}, 12)
        assert 1 <= len(jobs) <= 12
        assert all(job["steps"] == 20 and isinstance(job["prompt"], str) for job in jobs)
        settled(jobs[0], NATIVE)
