"""/ban: whoever is banned asks for nothing, by no way, until the ban ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot.bench import finished
from tests.bot.policy.government import Government, governed


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Government]:
    async with governed(tmp_path) as bench:
        yield bench


async def test_the_banned_are_told_and_their_jobs_end(bench: Government) -> None:
    grid = await bench.imagine("a circle")
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slower circle")).response()
    await bench.progressing(running)
    waiting = await (await bench.alice.slash(bench.channel, "imagine", prompt="a square")).response()
    await bench.until(lambda: "Place 2" in waiting.content, "its place in the queue")
    said = await bench.order(bench.admin, "ban add", user=bench.alice, until="3h", reason="spam of @everyone")
    assert said.content.endswith("2 jobs of theirs are cancelled.")
    assert f"cancelled all jobs of <@{bench.alice.id}> (2)" in (await bench.order(bench.admin, "audit")).content
    await bench.until(lambda: all("Cancelled by" in each.content for each in (running, waiting)), "cancelled jobs")
    told = await bench.refused(bench.alice, "may not ask for pictures here before <t:")
    assert "spam of @\u200beveryone" in told.content
    for button in ("V1", "U1", "Re-roll"):
        await bench.says(await bench.alice.press(grid, button), "may not ask for pictures here")
    assert finished(await bench.press(grid, "V1", bench.bob))


async def test_a_ban_ends_by_command_by_time_and_not_by_a_restart(bench: Government) -> None:
    await bench.order(bench.admin, "ban add", user=bench.alice)
    await bench.order(bench.admin, "ban add", user=bench.bob, until="1s")
    await bench.restart()
    listed = await bench.order(bench.admin, "ban list")
    assert f"<@{bench.alice.id}> for ever, by <@{bench.admin.id}>" in listed.content
    await bench.refused(bench.alice, "may not ask for pictures here.")
    assert finished(await bench.imagine("a circle", bench.bob))
    await bench.order(bench.admin, "ban remove", user=bench.alice)
    assert "is not banned here" in (await bench.order(bench.admin, "ban remove", user=bench.alice)).content
    assert finished(await bench.imagine("a circle"))
    assert "Nobody is banned" in (await bench.order(bench.admin, "ban list")).content


async def test_a_ban_holds_where_it_was_spoken_and_for_no_operator(bench: Government) -> None:
    for user in (bench.admin, bench.operator):
        assert "cannot ban yourself" in (await bench.order(bench.admin, "ban add", user=user)).content
    said = await bench.order(bench.admin, "ban add", user=bench.alice, until="soon")
    assert "is no length of time" in said.content
    assert bench.book() == []
    await bench.order(bench.foreigner, "ban add", bench.embassy, user=bench.alice)
    assert finished(await bench.imagine("a circle"))
    await bench.order(bench.operator, "ban add", user=bench.alice, everywhere=True)
    await bench.refused(bench.alice, "may not ask for pictures here")
    interaction = await bench.alice.slash(bench.alice.direct_messages(), "imagine", prompt="a circle")
    await bench.says(interaction, "may not ask for pictures here")
    removed = await bench.order(bench.admin, "ban remove", user=bench.alice)
    assert "is not banned here" in removed.content
