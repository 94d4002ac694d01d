"""Wildcards: choices that a template leaves open."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner_host.prompting import Wildcards, filled
from limner_host.prompting import wildcards as wildcard_module
from limner_sdk import ConfigurationError, InvalidRequest

FILES = {
    "colour.txt": "# what may be red\nred\n\n  blue  \n",
    "animals/cats.txt": "a __colour__ cat\n",
    "animals/lion.txt": "lion {old|young}\n",
    "loop.txt": "x __loop__\n",
    "twice.txt": "__twice2__ __twice2__\n",
    "twice2.txt": "__twice__ __twice__\n",
    "long.txt": "a" * 60_000,
    "endless.txt": "a" * 100_001,
    "empty.txt": "# nothing\n",
}
NONE = Wildcards(Path("nowhere"))


@pytest.fixture(scope="module")
def wildcards(tmp_path_factory: pytest.TempPathFactory) -> Wildcards:
    folder = tmp_path_factory.mktemp("data") / "wildcards"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8-sig")
    (folder.parent / "secret.txt").write_text("secret")
    return Wildcards(folder)


def outcomes(template: str, wildcards: Wildcards = NONE, tries: int = 60) -> set[str]:
    return {filled(template, seed, wildcards) for seed in range(tries)}


def test_a_wildcard_is_a_line_of_its_file(wildcards: Wildcards) -> None:
    assert outcomes("a __colour__ hat", wildcards) == {"a red hat", "a blue hat"}


def test_wildcards_stand_in_folders_and_in_each_other(wildcards: Wildcards) -> None:
    assert outcomes("__animals/cats__", wildcards) == {"a red cat", "a blue cat"}
    assert outcomes("__Animals/Lion__", wildcards) == {"lion old", "lion young"}


def test_the_names_are_those_of_the_files(wildcards: Wildcards) -> None:
    assert wildcards.names()[:3] == ("animals/cats", "animals/lion", "colour")
    assert NONE.names() == ()


def test_the_same_seed_chooses_the_same(wildcards: Wildcards) -> None:
    template = "__colour__ {a|b|c|d} {2$$e|f|g} __animals/lion__"
    assert filled(template, 7, wildcards) == filled(template, 7, wildcards)
    assert len(outcomes(template, wildcards)) > 20


@pytest.mark.parametrize(
    ("template", "possible"),
    [
        ("{a|b} x", {"a x", "b x"}),
        ("{ a | b }", {"a", "b"}),
        ("{a|{b|c}}", {"a", "b", "c"}),
        ("{a|}x", {"ax", "x"}),
        ("{0::a|b}", {"b"}),
        ("{2$$a|b}", {"a, b", "b, a"}),
        ("{2$$ and $$a|b}", {"a and b", "b and a"}),
        ("{0-1$$a}", {"", "a"}),
        ("{1-2$$$$a|b}", {"a", "b", "ab", "ba"}),
        ("{a}", {"a"}),
    ],
)
def test_braces_choose(template: str, possible: set[str]) -> None:
    assert outcomes(template) == possible


def test_shares_say_how_likely_an_option_is() -> None:
    counts = Counter(filled("{3::a|b}", seed, NONE) for seed in range(2000))
    assert 0.7 < counts["a"] / 2000 < 0.8


@pytest.mark.parametrize("text", ["{}", "a|b", "{a", "a}", "}{", r"\{a|b\}", r"\__a__", "_____", "snake_case", "🐱 {"])
def test_what_is_no_choice_is_text(text: str) -> None:
    assert filled(text, 1, NONE) == text


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("__color__", r"'__color__' is an unknown wildcard; did you mean colour\?"),
        ("__../secret__", "is an unknown wildcard"),
        ("__/etc/passwd__", "is an unknown wildcard"),
        ("__empty__", "is a wildcard without a line"),
        ("__loop__", "more than 50 deep, or without end"),
        ("__twice__", "grows to more than|more than 50 deep"),
        ("__long__ __long__", "grows to more than"),
        ("{3$$a|b}", "is more than the 2 that are possible"),
        ("__endless__", "has a line of more than 100000 characters"),
        ("{0::a|0::b}", "is more than the 0 that are possible"),
        ("{" * 60 + "a|b" + "}" * 60, "more than 50 deep"),
    ],
)
def test_what_cannot_be_chosen_is_refused(wildcards: Wildcards, template: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^prompt: .*({sentence})"):
        filled(template, 1, wildcards)


@pytest.mark.parametrize(("template", "possible"), [("{٣$$a|٣$$a}", "٣$$a"), ("{٣::a}", "٣::a")])
def test_counts_and_shares_have_plain_digits(template: str, possible: str) -> None:
    assert outcomes(template) == {possible}


def test_a_line_is_drawn_as_an_option_is(wildcards: Wildcards) -> None:
    for seed in range(50):
        assert filled("__colour__", seed, wildcards) == filled("{red|blue}", seed, NONE)


def test_a_link_that_leads_out_of_the_folder_is_left_out(tmp_path: Path) -> None:
    home, secret = tmp_path / "wildcards", tmp_path / "secret.txt"
    home.mkdir()
    secret.write_text("secret")
    (home / "own.txt").write_text("own")
    (home / "leak.txt").symlink_to(secret)
    (home / "again.txt").symlink_to(home / "own.txt")
    (home / "ring.txt").symlink_to(home / "ring.txt")
    assert Wildcards(home).names() == ("again", "own")
    with pytest.raises(InvalidRequest, match="unknown wildcard"):
        filled("__leak__", 1, Wildcards(home))


def test_only_the_line_that_is_drawn_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "many.txt").write_text("{a|b}\n" * 1000)
    seen: list[str] = []
    real = wildcard_module.parsed
    monkeypatch.setattr(wildcard_module, "parsed", lambda text: seen.append(text) or real(text))
    assert filled("__many__", 1, Wildcards(tmp_path)) in ("a", "b")
    assert seen == ["__many__", "{a|b}"]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as stream:
        stream.truncate(16 * 2**20 + 1)
    with pytest.raises(ConfigurationError, match=r"^wildcard 'huge' has 16777217 bytes; the most is 16 MiB"):
        filled("__huge__", 1, Wildcards(tmp_path))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigurationError, match="wildcard 'bad' cannot be read"):
        filled("__bad__", 1, Wildcards(tmp_path))


@given(st.text(alphabet=st.sampled_from("ab {}|$:_1.\\/")), st.integers(0, 5))
def test_any_template_is_filled_or_refused(template: str, seed: int) -> None:
    with suppress(InvalidRequest):
        assert len(filled(template, seed, NONE)) <= len(template) + 2 * template.count("|")


@given(st.text(alphabet=st.characters(exclude_characters="{}_", exclude_categories=["Cs"])))
def test_text_without_choices_passes_unchanged(template: str) -> None:
    assert filled(template, 1, NONE) == template
