"""Blocked words are found however they are disguised, others are left alone, and no pattern takes for ever."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_bot.policy.blocked_words import LONGEST, Blocked, entry, fits, folded
from limner_sdk import InvalidRequest

BLOCKED = Blocked.of(map(entry, ["gore", "big bang", "kill*", "*phobia", "c*ck", "裸", "hässlich", "кровь", "裸体*"]))


@pytest.mark.parametrize(
    "text",
    [
        "some gore here",
        "GORE",
        "ｇｏｒｅ",
        "g\u200bo\u00adr\u2060e",
        "g\u0336o\u0336r\u0336e\u0336",
        "góré",
        "𝓰𝓸𝓻𝓮",
        "gоrе",
        "ɡore",
        "(gore:1.3), a cat",
        "go(re:1.2)",
        r"g\o\r\e",
        "[go[re]]",
        "gore_scene",
        "a\ngore\nb",
    ],
)
def test_a_disguised_word_is_found(text: str) -> None:
    assert BLOCKED.find(text) == "gore"


@pytest.mark.parametrize(
    "text",
    [
        "g.o.r.e",
        "g-o-r-e",
        "g o r e",
        "g, o,\nr/e",
        "go.re",
        "go–re",
        "g_o_r_e",
        "a g.o.r.e",
        "ɢᴏʀᴇ",
        "go<lora:ink:0>re",
        "[g:o]re",
        "go[r:a:0.5]e",
        "go[:r:0]e",
    ],
)
def test_what_the_prompt_language_makes_of_it_is_read_too(text: str) -> None:
    assert BLOCKED.find(f"a cat, {text} everywhere") == "gore"
    assert BLOCKED.find("a big BREAK bang") == BLOCKED.find("big AND bang") == "big bang"


@pytest.mark.parametrize("hostile", ["\ufdfa", "[", "[a:", "<", "a ", "a.", "[a:b:", "\u33a0"])
def test_a_hostile_prompt_is_read_in_no_time(hostile: str) -> None:
    text = (hostile * 6000)[:6000]
    began = time.perf_counter()
    for _ in range(20):
        assert BLOCKED.find(text) is None
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "text", ["gorel", "gorgeous", "a gorge", "bang big", "big, a bang", "skill", "phobias", "cock-a"]
)
def test_other_words_are_left_alone(text: str) -> None:
    found = BLOCKED.find(text)
    assert found is None or (found, text) == ("c*ck", "cock-a")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the Big   Bang!", "big bang"),
        ("a killer", "kill*"),
        ("arachnophobia", "*phobia"),
        ("he crack", "c*ck"),
        ("全裸の女", "裸"),
        ("HÄSSLICH", "hässlich"),
        ("Кровь на снегу", "кровь"),
        ("fine, then kill", "kill*"),
    ],
)
def test_phrases_patterns_and_other_scripts_are_found(text: str, word: str) -> None:
    assert BLOCKED.find("harmless", "", text) == word


@pytest.mark.parametrize(
    "text", ["", "  ", "*", "**", "...", "big b*", "a-b*", "(a+)+$", "go[r]e", "g?re", "x" * (LONGEST + 1), "\u200b"]
)
def test_what_is_no_word_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidRequest, match="words: "):
        entry(text)


def test_an_entry_is_kept_as_it_is_read() -> None:
    assert entry("  Big \n bang ") == "Big bang"
    assert entry("a***b") == "a*b"


def test_a_dot_is_no_wildcard() -> None:
    assert Blocked.of([".ore"]).find("gore") is None


def test_hostile_patterns_and_prompts_take_no_time() -> None:
    hostile = Blocked.of(entry("*a" * 40 + "b") for _ in range(1))
    many = Blocked.of(entry(f"a*{k}a*z") for k in range(500))
    texts = ["a" * 6000, " ".join(["a" * 50] * 117), "ä\u0300" * 3000, "(" * 6000]
    begun = time.perf_counter()
    assert hostile.find(*texts) is None
    assert many.find(*texts) is None
    assert time.perf_counter() - begun < 0.5


@given(st.text(max_size=30), st.text(min_size=1, max_size=5))
def test_folding_twice_is_folding_once(text: str, more: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert Blocked.of([]).find(text, more) is None


@given(st.lists(st.text("ab", max_size=3), min_size=2, max_size=4), st.text("ab", max_size=12))
def test_a_pattern_fits_as_its_regular_expression_does(parts: list[str], word: str) -> None:
    import re

    assert fits(word, tuple(parts)) == bool(re.fullmatch(".*".join(parts), word))
