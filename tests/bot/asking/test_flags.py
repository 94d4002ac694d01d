"""Flags in a prompt: where they stand, what they say, and what is no flag."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner_bot.asking.flags import FLAGS, Asked, parse, words
from limner_sdk import InvalidRequest


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("--ar 3:2", {"ratio": "3:2"}),
        ("--aspect 2.39:1", {"ratio": "2.39:1"}),
        ("--seed 7", {"seed": 7}),
        ("--no text, watermark", {"negative": "text, watermark"}),
        ('--no "text, a -- b"', {"negative": "text, a -- b"}),
        ('--no ""', {"negative": ""}),
        ('--no "text", "two words", logo', {"negative": "text, two words, logo"}),
        (r"--no a \--b, c", {"negative": "a --b, c"}),
        ("--steps 30", {"steps": 30}),
        ("--cfg 7.5", {"cfg": 7.5}),
        ("--scale .5", {"cfg": 0.5}),
        ('--sampler "dpmpp 2m"', {"sampler": "dpmpp 2m"}),
        ("--sampler “dpmpp 2m”", {"sampler": "dpmpp 2m"}),
        ("--schedule karras", {"schedule": "karras"}),
        ("--m pocket:pocket", {"model": "pocket:pocket"}),
        ("--size 512x768", {"size": "512x768"}),
        ('--size "512 × 768"', {"size": "512x768"}),
        ("--n 2", {"count": 2}),
        ("--denoise 0.6", {"denoise": 0.6}),
        ("--style ink", {"styles": ["ink"]}),
        ('--style ink , "old, dark",night', {"styles": ["ink", "old, dark", "night"]}),
        ("--finish detailer, upscale", {"finish": "detailer, upscale"}),
        ("--finish detailer(prompt=a (happy:1.2) face, red)", {"finish": "detailer(prompt=a (happy:1.2) face, red)"}),
        ('--finish "detailer(denoise=0.3)"', {"finish": "detailer(denoise=0.3)"}),
        ("--vary 0.2", {"vary": 0.2}),
        ("--private", {"private": True}),
        ("--SEED=7", {"seed": 7}),
        ("—ar 3:2 –seed 7", {"ratio": "3:2", "seed": 7}),
        ("--ar 3:2 --steps 4 --no a b --private --seed 1", None),
    ],
)
def test_a_flag_says_what_stands_behind_it(text: str, values: dict[str, Any] | None) -> None:
    values = values or {"ratio": "3:2", "steps": 4, "negative": "a b", "private": True, "seed": 1}
    assert parse(f"a cat {text}") == Asked("a cat", values)
    assert parse(f"{text} --r 2").values == values


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("--ar 3:2 a cat", "a cat"),
        ("a cat --ar 3:2 in the rain", "a cat in the rain"),
        ("a cat --private, in the rain", "a cat, in the rain"),
        ("a cat, --ar 3:2, in the rain", "a cat, in the rain"),
        ("a cat\n--ar 3:2\nin the rain", "a cat\nin the rain"),
        ('a cat --sampler "euler"in the rain', "a cat in the rain"),
        ('a cat --no "dogs" in the rain', "a cat in the rain"),
        ("a cat --style ink, night in the rain", "a cat in the rain"),
        (r"a \--ar cat --seed 1", "a --ar cat"),
    ],
)
def test_flags_may_stand_anywhere(text: str, prompt: str) -> None:
    assert parse(text).prompt == prompt


@pytest.mark.parametrize(
    "text",
    [
        "state-of-the-art, a -- b, x--ar 3:2, ---, -- ar",
        "  spaces  stay ",
        "—dijo ella— a castle —dark and old, 1939–45",
        "a man -r and -ratio, (--ar 3:2)",
        "a --3 b --- c --_d",
        "a (red:1.2) {x|y} [cat:3] <lora:ink:0.8> AND __pets__ \\(d\\)",
    ],
)
def test_what_is_no_flag_is_not_touched(text: str) -> None:
    assert parse(text) == Asked(text, {})


@pytest.mark.parametrize("text", ["--repeat 3", "-r 3", "--r=3", "—r 3"])
def test_a_repeat_is_told_apart_from_the_settings(text: str) -> None:
    assert parse(f"a cat {text}") == Asked("a cat", {}, 3)


def test_a_backslash_makes_plain_dashes() -> None:
    assert parse(r"a \--seed 7 \—ar \-- b \-r 3") == Asked("a --seed 7 —ar -- b -r 3", {})


def test_loras_become_tags_behind_the_prompt() -> None:
    asked = parse('--lora ink:0.8 a cat --lora "old paper:0.5:1" --lora plain')
    assert asked == Asked("a cat <lora:ink:0.8> <lora:old paper:0.5:1> <lora:plain>", {})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("--foo 3", r"prompt: '--foo' is no flag; there is --ar, --size, .*; \\-- is a plain --"),
        ("--sed 3", "did you mean --seed\\?"),
        ("--tile", "'--tile' is no flag"),
        ("--ar", "prompt: '--ar' says nothing; write it like --ar 3:2"),
        ("--no --seed 7", "'--no' says nothing; write it like --no text, watermark"),
        ("--style , ink", "'--style' says nothing"),
        ('--sampler ""', "--sampler: '' is empty"),
        ('--sampler "euler', "has no closing quotes"),
        ("--seed 7 —seed 8", "'—seed' is said twice"),
        ("--n 2 --count 3", "'--count' is said twice"),
        ("--ar wide", "--ar: 'wide' is no ratio of width to height; write it like 3:2"),
        ("--ar 0:1", "is no ratio"),
        ("--seed -5", "--seed: '-5' is no whole number from 0 to 4294967295"),
        ("--steps 151", "is no whole number from 1 to 150"),
        ("--cfg 7,5", "--cfg: '7,5' is no number from 0 to 30"),
        ("--cfg nan", "is no number"),
        ("--n 5", "--n: '5' is no whole number from 1 to 4"),
        ("--size big", "--size: 'big' is not a size in pixels"),
        ("--vary 2", "is no number from 0 to 1"),
        ("--repeat 0", "is no whole number from 1"),
        ("--lora ../ink:1", "names no LoRA"),
        ("--lora ink>:1", "names no LoRA"),
        ("--lora ink:11", "is no number from -10 to 10"),
        ("--lora ink:1:1:1", "has too many weights"),
        (f"--seed {'9' * 5000}", "is no whole number"),
        (f"--{'x' * 5000}", "is no flag"),
    ],
)
def test_a_wrong_flag_is_refused_with_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as caught:
        parse(f"a cat {text}")
    assert len(str(caught.value)) < 350


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_each_flag_reads_its_own_example(flag: Any) -> None:
    for word in flag.words:
        asked = parse(f"a cat --{word} {flag.example}")
        assert asked != Asked("a cat", {})
        assert asked.prompt.startswith("a cat")


@settings(deadline=1000, max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([f"--{word}" for word in words()]),
            st.sampled_from(["—ar", "-r 3", "3:2", "7", '"', ",", "\\--no", "(", ")", "=", " ", "a cat", "“", "0.5"]),
            st.text(max_size=6),
        ),
        max_size=8,
    ),
    st.sampled_from(["", " "]),
)
def test_nothing_but_a_sentence_is_ever_raised(parts: list[str], joint: str) -> None:
    with suppress(InvalidRequest):
        assert parse(joint.join(parts)).repeat >= 1


@given(st.text(st.characters(blacklist_characters="-–—―\\")))
def test_a_text_without_dashes_is_its_own_prompt(text: str) -> None:
    assert parse(text) == Asked(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "--finish " + "(a" * 2900,
        "--finish " + "(a(b)" * 1100,
        "--style " + "a," * 2900,
        "--lora a " * 660,
        "-r " * 2000,
        "a" + " " * 5900 + "--ar",
        "\\--no " * 1000,
        "—dunno " * 850,
        "--no " + '"a", ' * 1100,
    ],
)
def test_hostile_texts_are_answered_at_once(text: str) -> None:
    begin = time.process_time()
    with suppress(InvalidRequest):
        parse(text)
    assert time.process_time() - begin < 0.5
