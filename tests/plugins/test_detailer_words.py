"""The prompts of single things."""

from __future__ import annotations

import pytest

from limner_plugins.detailer.prompts import prompt_of, skips


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("", [None, None]),
        ("a cat", ["a cat", "a cat"]),
        ("a cat[SEP]a dog", ["a cat", "a dog", "a dog"]),
        (" a cat \n [SEP]  a dog ", ["a cat", "a dog"]),
        ("[SEP]a dog", [None, "a dog"]),
        ("a cat[SEP]", ["a cat", None, None]),
        ("[PROMPT]", ["own"]),
        ("[PROMPT], smiling [SEP] not [PROMPT] [PROMPT]", ["own, smiling", "not own own"]),
        ("a cat [sep] a dog", ["a cat [sep] a dog"]),
    ],
)
def test_each_thing_has_its_prompt(text: str, prompts: list[str | None]) -> None:
    assert [prompt_of(text, index, "own") for index in range(len(prompts))] == prompts


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        ("a[SEP][SKIP][SEP]b", [False, True, False]),
        ("[SKIP]", [True, True]),
        ("[skip][SEP]not [SKIP]", [False, False]),
        ("[SEP] [SKIP] ", [False, True, True]),
    ],
)
def test_a_skipped_thing_takes_its_turn(text: str, skipped: list[bool]) -> None:
    assert [skips(text, index) for index in range(len(skipped))] == skipped
