"""Composition and timeline: several prompts at once, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_host.prompting import Part, parts_of, timeline
from limner_sdk import InvalidRequest, Span


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a cat", [Part("a cat")]),
        ("a cat AND a dog", [Part("a cat"), Part("a dog")]),
        ("a cat :1.2 AND a dog:-.5", [Part("a cat", 1.2), Part("a dog", -0.5)]),
        ("at 12:30", [Part("at 12:30")]),
        ("SANDY and ANDY", [Part("SANDY and ANDY")]),
        ("a AND ", [Part("a")]),
        ("AND", [Part("")]),
        ("a:b AND (c:1.2)", [Part("a:b"), Part("(c:1.2)")]),
        ("a AND b:999999", [Part("a"), Part("b", 100)]),
        ("a\nAND\nb", [Part("a"), Part("b")]),
    ],
)
def test_and_divides_a_prompt(text: str, parts: list[Part]) -> None:
    assert list(parts_of(text)) == parts


def test_too_many_parts_are_refused() -> None:
    assert len(parts_of(" AND ".join("a" * 16))) == 16
    with pytest.raises(InvalidRequest, match="composes 17 prompts with AND; the most is 16"):
        parts_of(" AND ".join("a" * 17))


def test_the_parts_of_a_timeline_change_together() -> None:
    moments = timeline("[a:b:2] AND c [(d):4] :0.5", 6)
    assert [moment.last_step for moment in moments] == [2, 4, 6]
    assert [moment.parts[0][0] for moment in moments] == [(Span("a"),), (Span("b"),), (Span("b"),)]
    assert [moment.parts[1] for moment in moments][::2] == [((Span("c "),), 0.5), ((Span("c "), Span("d", 1.1)), 0.5)]


def test_a_negative_prompt_is_not_composed() -> None:
    assert timeline("a AND b:2", 6, composed=False)[0].parts == (((Span("a AND b:2"),), 1.0),)


@given(st.text(alphabet=st.sampled_from("ab []():|.019\\AND ")), st.integers(1, 8))
def test_any_text_has_a_timeline(prompt: str, steps: int) -> None:
    moments = timeline(prompt, steps)
    assert moments[-1].last_step == steps
    assert len({tuple(weight for _, weight in moment.parts) for moment in moments}) == 1
