"""The grammar of values: lists, quotes and ranges."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_host.grids.values import MOST_VALUES, Item, items, listed, numbers, whole_numbers
from limner_sdk import InvalidRequest

ENDS = st.decimals(-1000, 1000, allow_nan=False, places=2).map(lambda number: f"{number:f}")
STEPS = st.decimals("0.01", 500, allow_nan=False, places=2).map(lambda number: f"{number:f}")


def texts(text: str) -> list[str]:
    return [item.text for item in items("words", text)]


def test_a_list_drops_blanks_and_keeps_commas_within_quotes() -> None:
    assert texts(' a , "b, ""c""" ,, d "e" f,') == ["a", 'b, "c"', 'd "e" f']


def test_an_empty_text_can_be_quoted() -> None:
    assert items("words", 'x, ""') == (Item("x"), Item("", quoted=True))


@pytest.mark.parametrize("text", ['"open', '"a" b', 'a, "b'])
def test_a_stray_quote_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^words: .* stray quote"):
        items("words", text)


@pytest.mark.parametrize("text", ["", "  ", ",,"])
def test_a_list_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="has no values"):
        items("words", text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_a_written_list_reads_back(words: list[str]) -> None:
    assert texts(listed(words)) == words


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("7", [7]),
        ("1..5", [1, 2, 3, 4, 5]),
        ("5..1", [5, 4, 3, 2, 1]),
        ("-5 .. -3", [-5, -4, -3]),
        ("10..30/10", [10, 20, 30]),
        ("1..10/4", [1, 5, 9]),
        ("10..1/-4", [10, 6, 2]),
        ("1..10*4", [1, 4, 7, 10]),
        ("1..10×5", [1, 3, 5, 7, 10]),
        ("1..3*9", [1, 2, 3]),
        ("4..4", [4]),
        ("1..9*1", [1]),
        ("1-5", [1, 2, 3, 4, 5]),
        ("-5-5 (+5)", [-5, 0, 5]),
        ("1-5(2)", [1, 3, 5]),
        ("5-1 (-1)", [5, 4, 3, 2, 1]),
        ("10-5 (-3)", [10, 7]),
        ("1-10 [4]", [1, 4, 7, 10]),
    ],
)
def test_a_range_of_whole_numbers_means(text: str, meant: list[int]) -> None:
    assert list(whole_numbers("steps", text)) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0..1/0.3", [0, 0.3, 0.6, 0.9]),
        ("0-1 (+0.3)", [0, 0.3, 0.6, 0.9]),
        ("0..1/.1", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        ("1..0*3", [1, 0.5, 0]),
        ("0-1 [3]", [0, 0.5, 1]),
        ("1...5", [1]),
        ("7.5", [7.5]),
    ],
)
def test_a_range_of_numbers_means(text: str, meant: list[float]) -> None:
    assert list(numbers("cfg", text)) == meant


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("1..5/0", "a step of 0"),
        ("1..5/-1", "steps away from its end"),
        ("5-1 (+1)", "steps away from its end"),
        ("1..5*0", "no values at all"),
        ("1..101", "101 values"),
        ("0..1*99999999999999999999", "the most on one axis is 100"),
        ("0..99999999999999999999/0.00000000000000000001", "the most on one axis is 100"),
        ("0.5", "whole numbers"),
        ("1..2/0.5", "whole numbers"),
        ("many", "no number or range"),
        ("1e9", "no number or range"),
        ("١", "no number or range"),
        ("9" * 5000, "no number or range"),
    ],
)
def test_a_range_is_refused_in_one_sentence(text: str, remedy: str) -> None:
    with pytest.raises(InvalidRequest, match=remedy) as caught:
        whole_numbers("steps", text)
    assert str(caught.value).startswith("steps: ")
    assert len(str(caught.value)) < 200


@given(ENDS, ENDS, STEPS)
def test_a_range_with_a_step_begins_at_its_start_and_never_overshoots(first: str, last: str, step: str) -> None:
    low, high = sorted((Fraction(first), Fraction(last)))
    expected = int((high - low) / Fraction(step)) + 1
    if expected > MOST_VALUES:
        with pytest.raises(InvalidRequest, match="the most"):
            numbers("cfg", f"{first}..{last}/{step}")
        return
    found = numbers("cfg", f"{first}..{last}/{step}")
    assert len(found) == expected
    assert found[0] == float(first)
    assert all(float(low) <= number <= float(high) for number in found)
    assert abs(Fraction(last) - Fraction(found[-1])) < Fraction(step)
    assert list(found) == sorted(found, reverse=float(first) > float(last))


@given(ENDS, ENDS, st.integers(2, MOST_VALUES))
def test_evenly_spaced_numbers_hold_both_ends_and_as_many_as_asked(first: str, last: str, count: int) -> None:
    found = numbers("cfg", f"{first}..{last}*{count}")
    assert len(found) == count
    assert (found[0], found[-1]) == (float(first), float(last))
    gap = (float(last) - float(first)) / (count - 1)
    assert all(abs((b - a) - gap) < 1e-9 for a, b in pairwise(found))


@given(st.integers(-500, 500), st.integers(-500, 500), st.integers(2, MOST_VALUES))
def test_evenly_spaced_whole_numbers_hold_both_ends_each_once(first: int, last: int, count: int) -> None:
    found = whole_numbers("steps", f"{first}-{last} [{count}]")
    assert (found[0], found[-1]) == (first, last)
    assert len(set(found)) == len(found) <= count
    assert list(found) == sorted(found, reverse=first > last)


@given(ENDS, ENDS, STEPS)
def test_the_older_way_to_write_a_range_means_the_same(first: str, last: str, step: str) -> None:
    def meant(text: str) -> object:
        try:
            return numbers("cfg", text)
        except InvalidRequest as error:
            return error.remedy

    sign = "-" if Fraction(last) < Fraction(first) else "+"
    assert meant(f"{first}-{last} ({sign}{step})") == meant(f"{first}..{last}/{step}")
