"""The grammar of infotexts: what is written comes back, and no text breaks the reader."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.host.metadata.places import PROMPTS, WORDS

from limner_host.metadata.grammar import composed, pairs_of, parsed, quoted

SETTINGS = [("Steps", "20"), ("Sampler", "Euler"), ("Size", "8x8")]


@given(PROMPTS, PROMPTS)
def test_prompts_come_back_whatever_stands_in_them(prompt: str, negative: str) -> None:
    read = parsed(composed(prompt, negative, SETTINGS))
    assert (read.prompt, read.negative, dict(read.settings)) == (prompt, negative, dict(SETTINGS))


@given(PROMPTS)
def test_a_prompt_without_a_negative_one_comes_back(prompt: str) -> None:
    read = parsed(composed(prompt, "", SETTINGS))
    assert (read.prompt, read.negative) == (prompt, "")


@given(st.lists(WORDS, min_size=3, max_size=6))
def test_values_come_back_whatever_stands_in_them(values: list[str]) -> None:
    pairs = [(f"Key {number}", value or "-") for number, value in enumerate(values)]
    assert dict(parsed(composed("a", "", pairs)).settings) == dict(pairs)


@given(st.text())
def test_any_text_is_taken_apart_into_prompts_that_come_back(text: str) -> None:
    read = parsed(text)
    assert parsed(composed(read.prompt, read.negative, SETTINGS)).prompt == read.prompt


def test_two_pairs_are_words_of_the_prompt() -> None:
    assert parsed("a cat\nstyle: flat, mood: calm").prompt == "a cat\nstyle: flat, mood: calm"


def test_three_pairs_are_settings() -> None:
    read = parsed("a cat\nSteps: 20, Seed: 1, Size: 8x8")
    assert (read.prompt, dict(read.settings)) == ("a cat", {"Steps": "20", "Seed": "1", "Size": "8x8"})


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("Steps: 20, Seed: 1", {"Steps": "20", "Seed": "1"}),
        ("Steps:20,Seed:1", {"Steps": "20", "Seed": "1"}),
        ('A b: "x, y: z\\n", Seed: 1', {"A b": "x, y: z\n", "Seed": "1"}),
        ("A: one letter, Seed: 1", {"Seed": "1"}),
        ("Empty: , Seed: 1", {"Seed": "1"}),
        ('Open: "never closed, Seed: 1', {"Open": '"never closed', "Seed": "1"}),
        ('Res: [{"type":"lora","weight":1}], Seed: 1', {"Res": '[{"type":"lora","weight":1}]', "Seed": "1"}),
        ('Tiled: {"Method": "x", Seed: 1', {"Tiled": '{"Method": "x"', "Seed": "1"}),
        ('Quoted: "a" b, Seed: 1', {"Quoted": '"a" b', "Seed": "1"}),
        ("X/Y-plot: 1, Größe: 2", {"X/Y-plot": "1", "Größe": "2"}),
    ],
)
def test_a_line_of_settings(line: str, pairs: dict[str, str]) -> None:
    assert dict(pairs_of(line)) == pairs


def test_quotes_are_only_written_where_they_are_needed() -> None:
    assert quoted("DPM++ 2M") == "DPM++ 2M"
    assert quoted("a, b") == '"a, b"'
    assert quoted("ä:猫") == '"ä:猫"'


def test_lines_of_windows_are_read() -> None:
    read = parsed("a cat\r\nNegative prompt: dog\r\nSteps: 20, Seed: 1, Size: 8x8\r\n")
    assert (read.prompt, read.negative, read.settings["Seed"]) == ("a cat", "dog", "1")


@pytest.mark.parametrize(
    "part", [",", "aa: ", 'aa: "b,', "aa: [", "[", '"', "Negative prompt:", "\n Negative prompt:", "a" * 60, " "]
)
def test_a_long_text_takes_no_long_time(part: str) -> None:
    text = part * (200_000 // len(part))
    begun = time.perf_counter()
    parsed(text)
    assert time.perf_counter() - begun < 5
