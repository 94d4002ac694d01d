"""What docs/asking.md shows is what happens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.house.test_docs import ROOT

from limner_bot.asking.flags import FLAGS, Asked, parse
from limner_bot.asking.jobs import jobs_of
from limner_bot.asking.permutations import expand
from limner_bot.asking.ratios import size_of
from limner_sdk import Size

PAGE = ROOT / "docs" / "asking.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table that begins with a heading."""
    _, _, below = PAGE.read_text().partition(f"| {heading} |")
    lines = below.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def codes(cell: str) -> list[str]:
    """What stands in back quotes."""
    return [code.replace("\\|", "|") for code in re.findall(r"`([^`]*)`", cell)]


def told(asked: Asked) -> list[str]:
    """What is set, as the page tells it."""
    shown: dict[str, Any] = {
        name: ", ".join(value) if isinstance(value, list) else value for name, value in asked.values.items()
    }
    return [name if value is True else f"{name}={value}" for name, value in shown.items()]


def test_every_word_of_every_flag_is_on_the_page() -> None:
    listed = [word for row in rows("flag") for word in codes(row[0])]
    assert sorted(listed) == sorted([*(f"--{word}" for flag in FLAGS for word in flag.words), "-r"])


@pytest.mark.parametrize("row", [row for row in rows("flag") if row[0]], ids=lambda row: row[0])
def test_the_example_of_a_flag_sets_what_its_option_is_called(row: list[str]) -> None:
    (example,) = codes(row[2])
    asked = parse(f"a cat {example}")
    assert asked != Asked("a cat", {})
    assert codes(row[1]) in ([], list(asked.values))


@pytest.mark.parametrize("row", rows("you write | the prompt"), ids=lambda row: row[0])
def test_flags_are_read_as_the_page_says(row: list[str]) -> None:
    (typed,), (prompt,) = codes(row[0]), codes(row[1])
    asked = parse(typed)
    assert (asked.prompt, told(asked)) == (prompt, codes(row[2]))


@pytest.mark.parametrize("row", rows("shape"), ids=lambda row: row[0])
def test_shapes_become_the_sizes_of_the_page(row: list[str]) -> None:
    (shape,) = codes(row[0])
    assert [str(size_of(shape, Size(side, side))) for side in (512, 1024)] == [*codes(row[1]), *codes(row[2])]


@pytest.mark.parametrize("row", rows("you write | jobs"), ids=lambda row: row[0])
def test_lists_become_the_jobs_of_the_page(row: list[str]) -> None:
    (typed,) = codes(row[0])
    assert expand(typed, 10) == codes(row[1])


def test_the_long_dash_and_the_repeated_seeds_are_as_the_page_says() -> None:
    page = PAGE.read_text()
    assert "`—ar 3:2`" in page
    assert parse("a cat —ar 3:2").values == {"ratio": "3:2"}
    assert "`--seed 7 --n 4 --repeat 2`" in page
    assert [job["seed"] for job in jobs_of("a cat --seed 7 --n 4 --repeat 2", {}, 2)] == [7, 11]
