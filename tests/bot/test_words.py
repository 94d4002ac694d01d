"""Every language says everything that English says, with the same things in it, and every name in the code exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

import limner_bot
from limner_bot.words import LANGUAGES, Dictionary
from limner_bot.words.language import ENGLISH, words_in

ROOT = Path(limner_bot.__file__).parent
OTHERS = [language for language in LANGUAGES if language != ENGLISH]


class Variables(Visitor):
    """Collects what stands in a sentence."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.found.add(node.id.name)


def sentences(language: str) -> dict[str, set[str]]:
    """Names of sentences, and the variables in each."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "words" / language).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ast.Junk), f"{path.name}: {entry.content}"
            if isinstance(entry, ast.Message):
                assert entry.id.name not in found, f"{language} says {entry.id.name} twice"
                visitor = Variables()
                visitor.visit(entry)
                found[entry.id.name] = visitor.found
    return found


def of_commands(names: set[str]) -> set[str]:
    """The names and texts of commands, which are in the code in English."""
    return {name for name in names if re.fullmatch(r"c-.*-(name|text)", name)}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_each_sentence_with_the_same_things_in_it(language: str) -> None:
    english, other = sentences(ENGLISH), sentences(language)
    said = {name: variables for name, variables in other.items() if name not in of_commands(set(other))}
    assert set(said) == set(english)
    assert {name: said[name] for name in said if said[name] != english[name]} == {}


def test_every_sentence_is_said_and_every_name_exists() -> None:
    english = set(sentences(ENGLISH))
    code = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    called = set(re.findall(r"(?:Refusal\.of|Said\.of|Said|words\w*(?:\([^()]*\))?)\(\s*\"([a-z][a-z0-9-]+)\"", code))
    assert called - english == set()
    literals = set(re.findall(r"[\"']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)[\"']", code))
    assert english - literals == set()


def test_numbers_have_their_plural() -> None:
    assert words_in("en")("queue-cleared", count=1) == "1 waiting job cancelled."
    assert words_in("de")("queue-cleared", count=2) == "2 wartende Aufträge abgebrochen."
    assert words_in("zh-CN")("queue-cleared", count=3) == "已取消 3 个等待中的任务。"


@pytest.mark.parametrize(
    ("locale", "language"), [("en-GB", "en"), ("de", "de"), ("zh-TW", "zh-CN"), ("fr", "en"), ("", "en")]
)
def test_a_locale_finds_the_language_that_suits_it_best(locale: str, language: str) -> None:
    assert Dictionary().of(locale).language == language
    assert Dictionary("de").of(locale).language == "de"


def test_an_unknown_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        words_in("de")("no-such-sentence")
