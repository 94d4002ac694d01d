"""Emphasis: brackets and weights become spans."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_host.prompting import spans_of
from limner_sdk import Span


def read(text: str) -> list[tuple[str, float]]:
    return [(span.text, round(span.weight, 4)) for span in spans_of(text)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a (red) cat", [("a ", 1), ("red", 1.1), (" cat", 1)]),
        ("a [red] cat", [("a ", 1), ("red", 0.9091), (" cat", 1)]),
        ("(red:1.3)", [("red", 1.3)]),
        ("(red:.5)", [("red", 0.5)]),
        ("(red: -1 )", [("red", -1)]),
        ("((red))", [("red", 1.21)]),
        ("((red:2) cat:1.5)", [("red", 3), (" cat", 1.5)]),
        ("(a [b) c] d", [("a ", 1.1), ("b", 1), (" c", 0.9091), (" d", 1)]),
        ("([red])", [("red", 1)]),
        ("(red)(cat)", [("redcat", 1.1)]),
        ("()", [("", 1)]),
        ("", [("", 1)]),
    ],
)
def test_brackets_weigh_what_is_inside(text: str, spans: list[tuple[str, float]]) -> None:
    assert read(text) == spans


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a (red cat", [("a ", 1), ("red cat", 1.1)]),
        ("a [red", [("a ", 1), ("red", 0.9091)]),
        ("red) cat]", [("red) cat]", 1)]),
        ("red:1.3) cat", [("red:1.3) cat", 1)]),
    ],
)
def test_brackets_without_a_partner_are_no_error(text: str, spans: list[tuple[str, float]]) -> None:
    assert read(text) == spans


@pytest.mark.parametrize("text", ["12:30", "a: b, c:2", r"\o/", "a|b {c}", "🐱 قطة ملونة", "<3"])
def test_what_is_no_syntax_is_text(text: str) -> None:
    assert spans_of(text) == (Span(text),)


def test_a_backslash_makes_an_ordinary_character() -> None:
    assert spans_of(r"\(a\) \[b\] \{c\|d\} \\ \_e\_ f\: \<g\>") == (Span(r"(a) [b] {c|d} \ _e_ f: <g>"),)
    assert read(r"(a\):2)") == [("a)", 2)]


@pytest.mark.parametrize(("text", "weight"), [("(x:1e300)", 1.1), ("(x:1.2.3)", 1.1), ("(x:99999)", 100)])
def test_weights_stay_within_reason(text: str, weight: float) -> None:
    assert read(text)[0][1] == weight


def test_weights_of_many_brackets_stay_finite() -> None:
    assert spans_of("(" * 5000 + "x") == (Span("x", 100.0),)
    assert spans_of("(x:-9999999)") == (Span("x", -100.0),)


def test_break_begins_a_new_chunk() -> None:
    assert spans_of("red BREAK blue") == (Span("red"), Span("blue", breaks=True))
    assert spans_of("(red BREAK blue:1.5) cat") == (Span("red", 1.5), Span("blue", 1.5, True), Span(" cat"))
    assert spans_of("BREAK  BREAK") == (Span("", breaks=True), Span("", breaks=True))
    assert spans_of("BREAKFAST break") == (Span("BREAKFAST break"),)


@given(st.text(alphabet=st.sampled_from("ab ()[]:.19\\|BREAK\n")))
def test_any_text_has_spans_of_finite_weight(text: str) -> None:
    spans = spans_of(text)
    assert spans
    assert all(abs(span.weight) <= 100 for span in spans)


@given(st.text(alphabet=st.characters(exclude_characters="()[]\\", exclude_categories=["Cs"])))
def test_text_without_syntax_passes_unchanged(text: str) -> None:
    if "BREAK" not in text:
        assert "".join(span.text for span in spans_of(text)) == text


@pytest.mark.parametrize("piece", ["(", "(a", "()", "[(a)b]", ":", " ", ": ", ": 1 ", "\\", "BREAK ", "(a:1.1) "])
def test_long_prompts_take_no_longer_than_they_must(piece: str) -> None:
    begin = time.process_time()
    spans_of(piece * (100_000 // len(piece)))
    assert time.process_time() - begin < 5  # a tenth of it alone; minutes if it were quadratic
