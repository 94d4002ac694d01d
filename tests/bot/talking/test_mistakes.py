"""What is wrong with a request, in the language of whoever asked; in logs it stays English."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.bot.stub_host import catalogue

import limner_bot
from limner_bot.asking.finishing import parse_finish
from limner_bot.asking.flags import FLAGS, parse
from limner_bot.asking.regions import parse_region
from limner_bot.asking.sizes import parse_size
from limner_bot.policy.preferences import Preferences
from limner_bot.talking.guard import sentence_for
from limner_bot.words import LANGUAGES
from limner_bot.words.language import words_in
from limner_sdk import InvalidRequest, Request

ROOT = Path(limner_bot.__file__).parent
GERMAN, CHINESE = words_in("de"), words_in("zh-CN")


def refused(call: Callable[..., Any], *args: Any) -> InvalidRequest:
    """What is raised."""
    with pytest.raises(InvalidRequest) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize(
    ("call", "asked", "english", "german", "chinese"),
    [
        (
            parse_size,
            "big",
            "size: 'big' is not a size",
            "Größe: 'big' ist keine Größe in Pixeln",
            "尺寸：'big' 不是以像素",
        ),
        (
            parse,
            "x --step 3",
            "did you mean --steps? there is --ar",
            "meintest du --steps? es gibt",
            "你是指 --steps 吗？可用",
        ),
        (
            parse,
            "x --size huge",
            "--size: 'huge' is not a size",
            "--size: 'huge' ist keine Größe",
            "--size：'huge' 不是",
        ),
        (
            parse_region,
            "nose",
            "region: 'nose' is no region",
            "Bereich: 'nose' ist kein Bereich",
            "区域：'nose' 不是区域",
        ),
        (
            Preferences.parse,
            {"size": "1x1"},
            "size: '1x1' is no size",
            "'1x1' geht nicht als Größe",
            "'1x1' 不能作为尺寸",
        ),
        (
            Request.parse,
            {"prompt": "x", "steps": 0},
            "steps: 0 is too small",
            "Schritte: 0 ist zu klein",
            "步数：0 太小",
        ),
        (catalogue().sampler, "eulr", "did you mean euler? there is", "meintest du euler? es gibt", "你是指 euler 吗"),
        (
            catalogue().sampler,
            "qqq",
            "is unknown; there is euler",
            "ist unbekannt; es gibt euler",
            "未知；可用的有 euler",
        ),
    ],
)
def test_a_mistake_is_told_in_the_language_of_the_person(
    call: Callable[..., Any], asked: Any, english: str, german: str, chinese: str
) -> None:
    error = refused(call, asked)
    assert english in str(error)
    assert german in sentence_for(error, GERMAN).replace("\\", "")
    assert chinese in sentence_for(error, CHINESE).replace("\\", "")


def test_in_english_the_sentence_is_that_of_the_log() -> None:
    stages = catalogue().stages_of("postprocessor")
    values: dict[str, Any] = {"prompt": "x", "cfg": float("nan"), "count": "many", "steps": 10**6}
    errors = [refused(parse_finish, text, stages) for text in ("", "nonsense", "upscale(by=2)", "upscale(x)")]
    errors += [
        refused(Request.parse, {"prompt": "x", name: value}) for name, value in values.items() if name != "prompt"
    ]
    errors += [refused(parse, f"x --{flag.words[0]}") for flag in FLAGS if flag.example]
    for error in errors:
        plain = sentence_for(error, words_in("en")).replace("\\", "").rstrip(".").casefold()
        assert plain == " ".join(str(error).split()).replace("\\", "").casefold()


def test_every_mistake_has_its_sentence() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    keys = set(re.findall(r"\"((?:mistake|field)-[a-z-]+)\"", code))
    assert len(keys) > 60
    assert [(key, language) for key in keys for language in LANGUAGES if not words_in(language).has(key)] == []
