"""Editing: what a prompt says at which step."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_host.prompting import phases_of


def read(prompt: str, steps: int = 10, first_pass: int | None = None) -> list[tuple[int, str]]:
    return [(phase.last_step, phase.text) for phase in phases_of(prompt, steps, first_pass)]


@pytest.mark.parametrize(
    ("prompt", "phases"),
    [
        ("a cat", [(10, "a cat")]),
        ("a [cat:3]", [(3, "a "), (10, "a cat")]),
        ("a [dog:cat:3]", [(3, "a dog"), (10, "a cat")]),
        ("a [dog::3]", [(3, "a dog"), (10, "a ")]),
        ("[ dog : cat : 3 ]", [(3, " dog "), (10, " cat ")]),
        ("[a:b:.25]", [(2, "a"), (10, "b")]),
        ("[a:b:1]", [(1, "a"), (10, "b")]),
        ("[a:b:1.0]", [(10, "a")]),
        ("[a:b:0]", [(10, "b")]),
        ("[a:b:-2]", [(10, "b")]),
        ("[a:b:9]", [(9, "a"), (10, "b")]),
        ("[a:b:200]", [(10, "a")]),
        ("[a:[b:c:6]:3]", [(3, "a"), (6, "b"), (10, "c")]),
        ("[a:b:3] [c:d:3]", [(3, "a c"), (10, "b d")]),
        ("[(red:1.2):(blue:0.8):5] cat", [(5, "(red:1.2) cat"), (10, "(blue:0.8) cat")]),
        ("([a:b:5]:1.3)", [(5, "(a:1.3)"), (10, "(b:1.3)")]),
        ("[:5]", [(10, "")]),
    ],
)
def test_a_prompt_changes_after_its_step(prompt: str, phases: list[tuple[int, str]]) -> None:
    assert read(prompt) == phases


def test_alternatives_take_turns() -> None:
    assert read("[a|b|]x", 5) == [(1, "ax"), (2, "bx"), (3, "x"), (4, "ax"), (5, "bx")]
    assert read("[a|b|b]", 4) == [(1, "a"), (3, "b"), (4, "a")]
    assert read("[[a|b]:c:2]", 4) == [(1, "a"), (2, "b"), (4, "c")]


@pytest.mark.parametrize(
    "prompt",
    [
        "[red] cat",
        "[a:b:c:3]",
        "[a:b]",
        "[a (b:5]",
        "a|b",
        "[a:b|c]",
        "[a:b:",
        "]a:b:3[",
        r"\[a:b:3\]",
        "[(a|b)]",
        "[a\\",
    ],
)
def test_other_brackets_are_left_alone(prompt: str) -> None:
    assert read(prompt) == [(10, prompt)]


def test_editing_works_beside_and_inside_other_brackets() -> None:
    assert read("12:30 [red] a|b (c [d:5") == [(10, "12:30 [red] a|b (c [d:5")]
    assert read("[red [a:b:5]] :( [c:d:5]") == [(5, "[red a] :( c"), (10, "[red b] :( d")]


def test_a_second_pass_goes_on_counting() -> None:
    assert read("[a:b:12]", 5, first_pass=10) == [(2, "a"), (5, "b")]
    assert read("[a:b:3]", 5, first_pass=10) == [(5, "b")]
    assert read("[a:b:1.5]", 10, first_pass=20) == [(5, "a"), (10, "b")]
    assert read("[a:b:0.5]", 10, first_pass=20) == [(10, "b")]


def test_a_number_of_any_length_is_a_step() -> None:
    assert read(f"[a:b:{'9' * 5000}]") == read(f"[a:b:{'9' * 5000}.5]") == [(10, "a")]


@given(st.text(alphabet=st.sampled_from("ab []():|.019\\\n")), st.integers(1, 12))
def test_any_text_has_phases_that_end_with_the_last_step(prompt: str, steps: int) -> None:
    phases = phases_of(prompt, steps)
    ends = [phase.last_step for phase in phases]
    assert ends == sorted({*ends, steps})
    assert all(one.text != other.text for one, other in pairwise(phases))


@given(st.text(alphabet=st.characters(exclude_characters="[", exclude_categories=["Cs"])))
def test_text_without_square_brackets_passes_unchanged(prompt: str) -> None:
    assert read(prompt) == [(10, prompt)]


@pytest.mark.parametrize("piece", ["[", "[]", "[(", "([a", "[a|b]", "[|", "[a:", "(]", "\\", "[a:b:3]"])
def test_long_prompts_take_no_longer_than_they_must(piece: str) -> None:
    begin = time.process_time()
    phases_of(piece * (100_000 // len(piece)), 10)
    assert time.process_time() - begin < 5  # a tenth of it alone; minutes if it were quadratic


def test_nesting_has_no_limit() -> None:
    assert read("[" * 20_000 + "a" + ":b:3]" * 20_000) == [(3, "a"), (10, "b")]
