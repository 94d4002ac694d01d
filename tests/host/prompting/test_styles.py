"""Styles: a table of prompts by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner_host.prompting import Styles
from limner_sdk import ConfigurationError, InvalidRequest, UnknownName

TABLE = """name,prompt,negative_prompt
Ink,"ink drawing, fine lines",colour
Film,"film still of {prompt},
grainy","{prompt}, blurry"
,divider,
Plain,,
Ink Wash,wet ink,
"""


def table(folder: Path, text: str | bytes) -> Path:
    file = folder / "styles.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.fixture
def styles(tmp_path: Path) -> Styles:
    return Styles.read(table(tmp_path, "\ufeff" + TABLE))


def test_the_names_come_in_the_files_order(styles: Styles) -> None:
    assert styles.names == ("Ink", "Film", "Plain", "Ink Wash")


def test_a_style_is_appended(styles: Styles) -> None:
    assert styles.applied("a cat ", "", ["ink"]) == ("a cat, ink drawing, fine lines", "colour")
    assert styles.applied("a cat", "dogs", ["plain"]) == ("a cat", "dogs")


def test_a_style_takes_the_prompt_into_its_midst(styles: Styles) -> None:
    assert styles.applied("a cat", "dogs", ["Film"]) == ("film still of a cat,\ngrainy", "dogs, blurry")


def test_styles_follow_each_other(styles: Styles) -> None:
    assert styles.applied("a cat", "", ["Ink Wash", "Film"])[0] == "film still of a cat, wet ink,\ngrainy"


def test_an_unknown_style_is_named_with_one_that_is_close(styles: Styles) -> None:
    with pytest.raises(UnknownName, match=r"style: 'Flim' is unknown; did you mean Film\?"):
        styles.applied("a cat", "", ["Flim"])


@pytest.mark.parametrize(
    "row", ["Bomb," + "{prompt}" * 300 + ",", "Bomb,," + "{prompt}" * 300, f"Bomb,{'a' * 60_000},"]
)
def test_styles_that_make_a_prompt_grow_without_bound_are_refused(row: str, tmp_path: Path) -> None:
    bomb = Styles.read(table(tmp_path, f"name,prompt,negative_prompt\n{row}\n"))
    with pytest.raises(InvalidRequest, match=r"^styles: 'Bomb' makes a prompt longer than 100000 characters"):
        bomb.applied("a cat", "dog", ["Bomb"] * 2)
    assert len(bomb.applied("a cat", "dog", ["Bomb"])[0]) < 100_000


def test_without_a_file_there_are_no_styles(tmp_path: Path) -> None:
    assert Styles.read(tmp_path / "styles.csv").names == ()


def test_the_last_of_two_styles_with_one_name_counts(tmp_path: Path) -> None:
    styles = Styles.read(table(tmp_path, "name,prompt\nInk,old\nink,new\n"))
    assert styles.applied("a", "", ["INK"]) == ("a, new", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "its first line is not name,prompt,negative_prompt"),
        ("title,text\n", "its first line is not name,prompt,negative_prompt"),
        ("name,prompt\nInk,a,b\n", "line 2 has more columns than the first"),
        ('name,prompt\nInk,"a\n', "unexpected end of data"),
        (b"name,prompt\nInk,\xff\n", "can't decode"),
    ],
)
def test_a_damaged_table_is_one_clear_sentence(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^styles\.csv is not a table of styles: .*{sentence}.*; mend it"):
        Styles.read(table(tmp_path, text))
