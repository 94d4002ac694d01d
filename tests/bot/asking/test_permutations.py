"""Lists in a prompt: what they stand for, what is left to the prompt language, and how many are too many."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner_bot.asking.permutations import expand
from limner_sdk import InvalidRequest


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("a cat", ["a cat"]),
        ("a {red, green} cat", ["a red cat", "a green cat"]),
        ("a {red,green} {cat,dog}", ["a red cat", "a red dog", "a green cat", "a green dog"]),
        ("a {red, {light, dark} blue} cat", ["a red cat", "a light blue cat", "a dark blue cat"]),
        ("{, big} cat", ["cat", "big cat"]),
        ("a {,}cat", ["a cat", "a cat"]),
        ("cat --ar {1:1, 3:2}", ["cat --ar 1:1", "cat --ar 3:2"]),
        ("cat {--ar 1:1, --ar 3:2 --seed 1}", ["cat --ar 1:1", "cat --ar 3:2 --seed 1"]),
        ("a {one\\, two, three}", ["a one, two", "a three"]),
        ("a {b, c {d, e\\, f}}", ["a b", "a c d", "a c e, f"]),
        ("{(a, b:1.2), [c, d]}", ["(a, b:1.2)", "[c, d]"]),
        ("{:), :(}", [":)", ":("]),
        ("{a [b, c} d]", ["a [b d]", "c d]"]),
        ("(a {b, c) d}", ["(a b", "(a c) d"]),
    ],
)
def test_a_list_stands_for_each_of_its_alternatives(text: str, prompts: list[str]) -> None:
    assert expand(text, 10) == prompts


@pytest.mark.parametrize(
    "text",
    [
        "a {red|blue} cat",
        "a {red, dark|blue} cat",
        "{2$$, $$red|blue}",
        "{1-2$$a, b}",
        "{3::red, blue}",
        "in the style of {prompt}, {}",
        r"\{a, b\} and \{c, d} and one\, two",
        "{a, b",
        "a, b}",
        "{(a, b)}",
        "<lora:ink:0.5> __pets/small__, [cat:dog:3]",
    ],
)
def test_what_the_prompt_language_reads_is_left_alone(text: str) -> None:
    assert expand(text, 1) == [text]


def test_lists_stand_inside_the_choices_that_the_host_makes() -> None:
    assert expand("{a {red, green} cat|dog}", 2) == ["{a red cat|dog}", "{a green cat|dog}"]
    assert expand("{a {red|green} cat, dog}", 2) == ["a {red|green} cat", "dog"]


def test_a_backslash_of_its_own_does_not_hide_a_comma() -> None:
    assert expand(r"{a\\, b}", 2) == [r"a\\", "b"]
    assert expand(r"{(a\\, b\, c), d}", 2) == [r"(a\\, b, c)", "d"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{a,b}" * 4, "asks for 16 jobs at once; the most is 10"),
        ("{a,b}" * 50, r"asks for ~10\^15 jobs"),
        ("{a,b}" * 1200, r"asks for ~10\^361 jobs"),
        ("{a,{" * 800 + "b,c" + "}}" * 800, "asks for 802 jobs"),
    ],
)
def test_more_than_allowed_are_counted_and_not_written(text: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        expand(text, 10)


HOSTILE = ["{a,b}" * 1200, "{" * 3000 + ",}" * 1500, "{,{," * 1000 + "}}" * 1000, "(" * 3000 + "]" * 3000, "{(" * 3000]


@pytest.mark.parametrize("text", [*HOSTILE, "{[" * 1500 + "}" * 1500, "\\" * 6000, "{a,{" * 800 + "b,c" + "}}" * 800])
def test_hostile_texts_are_answered_at_once(text: str) -> None:
    begin = time.process_time()
    with suppress(InvalidRequest):
        expand(text, 100)
    assert time.process_time() - begin < 0.5


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="too long; the most is 6000"):
        expand("a" * 6001, 10)


@settings(deadline=1000)
@given(st.text(st.sampled_from("ab {},|\\()[]$:2"), max_size=60))
def test_nothing_but_a_sentence_is_ever_raised(text: str) -> None:
    try:
        found = expand(text, 50)
    except InvalidRequest:
        return
    assert 1 <= len(found) <= 50
    assert all(len(each) <= len(text) for each in found)


@given(st.lists(st.lists(st.sampled_from(["", "a", "b c", "{x|y}"]), min_size=2, max_size=3), max_size=4))
def test_as_many_come_as_the_lists_multiply_to(lists: list[list[str]]) -> None:
    product = 1
    for each in lists:
        product *= len(each)
    assert len(expand(" ".join(f"{{{', '.join(each)}}}" for each in lists), 81)) == product
