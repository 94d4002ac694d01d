"""/limits: what roles allow holds at the click, for commands and for buttons of any age."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot.bench import finished
from tests.bot.policy.government import Government, governed

from limner_bot.features.limits import described
from limner_bot.queue.limits import Limits
from limner_bot.words.language import words_in


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Government]:
    async with governed(tmp_path) as bench:
        yield bench


async def test_a_role_allows_more_until_it_is_taken_away(bench: Government) -> None:
    patron = bench.guild.add_role("patron")
    bench.guild.set_roles(bench.alice, [patron])
    await bench.order(bench.admin, "limits set", steps=20, count=2)
    said = await bench.order(bench.admin, "limits set", role=patron, steps=60, seconds_per_day=3600, models="flat")
    assert said.content == f"<@&{patron.id}>: 3600 s of the GPU a day · 60 steps · models: flat"
    single = await bench.imagine("a circle", count=1, steps=60)
    bench.guild.set_roles(bench.alice, [])
    refused = await bench.says(await bench.alice.press(single, "Re-roll"), "more than your roles allow")
    assert refused.content.startswith("60 steps are")
    await bench.refused(bench.alice, "the most is 2", count=3)
    shown = await bench.order(bench.admin, "limits show")
    assert "everybody: 20 steps · 2 pictures a job" in shown.content
    await bench.order(bench.admin, "limits clear", what="steps")
    assert finished(await bench.press(single, "Re-roll"))
    assert "2 pictures a job" in (await bench.order(bench.admin, "limits show")).content


async def test_a_day_has_an_end_and_the_end_is_told(bench: Government) -> None:
    await _nonsense(bench)
    await bench.order(bench.operator, "limits set", seconds_per_day=1, everywhere=True)
    where = bench.alice.direct_messages()
    interaction = await bench.alice.slash(where, "imagine", prompt="a circle")
    assert (await bench.says(interaction, "that you have in a day")).ephemeral
    await bench.order(bench.operator, "limits set", seconds_per_day=3, everywhere=True)
    await bench.order(bench.admin, "queue pause")
    await bench.alice.slash(bench.channel, "imagine", prompt="a circle")
    await bench.refused(bench.alice, "there is room again <t:")
    assert bench.query("SELECT count(*) FROM jobs") == [(1,)]
    await bench.restart()
    await bench.refused(bench.alice, "there is room again <t:")


async def _nonsense(bench: Government) -> None:
    """What is wrong with a limit is said."""
    patron = bench.guild.add_role("patron")
    for options, words in (
        ({}, "at least one limit"),
        ({"size": "big"}, "is not a size"),
        ({"size": "8x8"}, "too small"),
        ({"models": "nonsense"}, "is unknown"),
        ({"weight": 50.0}, "weight above 4"),
    ):
        assert words in (await bench.order(bench.admin, "limits set", **options)).content
    said = await bench.order(bench.operator, "limits set", role=patron, steps=9, everywhere=True)
    assert "Roles belong to one server" in said.content
    assert "weight 50" in (await bench.order(bench.operator, "limits set", weight=50.0)).content
    await bench.order(bench.operator, "limits clear")


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        (Limits(), "no limits"),
        (Limits(waiting=0, models=()), "0 jobs at once · models: 0"),
        (Limits(seconds_per_day=1e6, models=("*",), weight=0.5), "1e+06 s of the GPU a day · models: any · weight 0.5"),
    ],
)
def test_limits_read_as_a_line(limits: Limits, line: str) -> None:
    assert described(words_in("en"), limits) == line
