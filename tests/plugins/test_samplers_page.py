"""docs/samplers.md tells what is bundled, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.plugins.walks import SAMPLERS

from limner_plugins.schedules import limner_schedules

PAGE = (Path(__file__).parents[2] / "docs" / "samplers.md").read_text(encoding="utf-8")
COUNTS: dict[str, Callable[[int], int]] = {
    "N": lambda n: n,
    "2N − 1": lambda n: 2 * n - 1,
    "N + 1": lambda n: n + 1,
    "about 80": lambda n: 80,
}


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by the name in their first column."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:3] == "| `"]
    return {re.findall(r"`(\w+)`", row[0])[0]: row[1:] for row in rows}


def test_the_page_lists_exactly_the_bundled_samplers() -> None:
    assert list(table("Samplers")) == list(dict.fromkeys(table("Samplers")))
    assert set(table("Samplers")) == set(SAMPLERS)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_is_what_the_page_says(name: str) -> None:
    definition, (label, _, evaluations, schedule, _, parameters) = SAMPLERS[name], table("Samplers")[name]
    assert label == definition.label
    assert schedule == "its own" or f"schedules:{schedule.strip('`')}" == definition.schedule
    assert COUNTS[evaluations](20) == definition.evaluations(20)
    assert re.findall(r"`(\w+)`", parameters) == list(definition.params.model_fields)


def test_the_footnote_of_discarded_levels_stands_where_it_belongs() -> None:
    marked = re.findall(r"^\| `(\w+)` ¹ ", PAGE, re.MULTILINE)
    assert marked == [name for name, definition in SAMPLERS.items() if definition.discards_penultimate]


def test_the_page_lists_exactly_the_bundled_schedules() -> None:
    rows = table("Schedules")
    bundled = {definition.name: definition for definition in limner_schedules()}
    assert set(rows) == set(bundled)
    for name, (label, _, parameters) in rows.items():
        assert label == bundled[name].label
        assert re.findall(r"`(\w+)`", parameters) == list(bundled[name].params.model_fields)
