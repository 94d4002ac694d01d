"""Suggestions: which come first, and what hostile text does to them."""

from __future__ import annotations

import time

import pytest

from limner_bot.asking.suggesting import LONGEST, MOST, ranked

SAMPLERS = [
    ("DPM++ 2M SDE", "samplers:dpmpp_2m_sde"),
    ("Euler ancestral", "samplers:euler_a"),
    ("DPM++ 2M", "samplers:dpmpp_2m"),
    ("Euler", "samplers:euler"),
    ("Heun", "samplers:heun"),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("euler", ["Euler", "Euler ancestral"]),
        ("eul", ["Euler ancestral", "Euler"]),
        ("dpm++ 2m", ["DPM++ 2M", "DPM++ 2M SDE"]),
        ("DPMPP-2M", ["DPM++ 2M", "DPM++ 2M SDE"]),
        ("sde", ["DPM++ 2M SDE"]),
        ("ncest", ["Euler ancestral"]),
        ("eulr", ["Euler ancestral", "Euler"]),
        ("haun", ["Heun"]),
        ("zzzz", []),
    ],
)
def test_what_fits_best_comes_first(typed: str, found: list[str]) -> None:
    assert [label for label, _ in ranked(typed, SAMPLERS)] == found


def test_nothing_typed_fits_everything_in_the_order_that_it_has() -> None:
    assert ranked("", SAMPLERS) == SAMPLERS


@pytest.mark.parametrize(
    "typed", ["", "style 4", "anciant", "\0" * 6000, "(" * 6000, "\u202e@everyone", "'; DROP TABLE"]
)
def test_answers_are_few_short_and_quick_whatever_is_typed(typed: str) -> None:
    names = [(f"The ancient\u202estyle {number} @everyone{'x' * 100}", f"plugin:{number}") for number in range(5000)]
    ranked(typed, names)
    begun = time.process_time()
    found = ranked(typed, [*names, ("too long", "x" * 101), ("empty", "")])
    assert time.process_time() - begun < 0.2
    assert len(found) <= MOST
    assert all(0 < len(label) <= LONGEST and 0 < len(value) <= LONGEST for label, value in found)
    assert "\u202e" not in "".join(label for label, _ in found)
