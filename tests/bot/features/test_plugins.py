"""Plugins that fail, and operators who switch them: the worker starts anew between two jobs, and none is lost."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.bot.bench import Bench, finished
from tests.bot.features.clicking import click
from tests.loopback import Interaction, Message


@pytest.fixture
def operators() -> tuple[str, ...]:
    """Bob runs the bot."""
    return ("bob",)


async def blamed(bench: Bench) -> Message:
    """A job fails, and a plugin is to blame."""
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="sparkling", count=1)
    return await bench.says(interaction, "did not work")


async def listed(bench: Bench) -> Message:
    return await (await bench.bob.slash(bench.bob.direct_messages(), "plugins list")).final_response()


async def ordered(bench: Bench, act: str, name: str) -> Interaction:
    """Bob says so in private, where operators are shown every command."""
    return await bench.bob.slash(bench.bob.direct_messages(), f"plugins {act}", name=name)


async def restarted(bench: Bench, before: int) -> None:
    """Wait for another worker."""
    deadline = time.monotonic() + 60
    while bench.children() in ([], [before]):
        assert time.monotonic() < deadline, bench.log[-3000:]
        await asyncio.sleep(0.05)


async def test_a_plugin_that_fails_three_times_in_a_row_is_put_into_quarantine(bench: Bench) -> None:
    before = bench.worker_pid()
    assert "quarantine" not in (await blamed(bench)).content
    assert "quarantine" not in (await blamed(bench)).content
    assert "sparkles has failed too often" in (await blamed(bench)).content
    await restarted(bench, before)
    message = await listed(bench)
    assert "`sparkles` · in quarantine" in message.content
    panel = await (await bench.bob.slash(bench.bob.direct_messages(), "queue panel")).final_response()
    assert "The plugin `sparkles` is in quarantine: it has failed 3 times in a row" in panel.content
    await bench.bob.select(message, "sparkles")
    await bench.until(lambda: "it is dull" in message.content, "the reason")
    before = bench.worker_pid()
    await bench.bob.press(message, "Release")
    await bench.until(lambda: "out of quarantine" in message.content, "the answer")
    await restarted(bench, before)
    assert finished(await bench.imagine("a circle"))
    acts = [("act-plugin-quarantined", "sparkles"), ("act-plugin-released", "sparkles")]
    assert bench.query("SELECT action, subject FROM audit ORDER BY number") == acts
    assert bench.query("SELECT user_id = 0, details <> '' FROM audit LIMIT 1") == [(1, 1)]


async def test_the_running_job_is_finished_before_a_plugin_is_left_out(bench: Bench) -> None:
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="slow", count=1)).response()
    await bench.progressing(running)
    waiting = await (await bench.alice.slash(bench.channel, "imagine", prompt="another", count=1)).response()
    before = bench.worker_pid()
    said = await (await ordered(bench, "disable", "sparkles")).final_response()
    assert "left out as soon as the host has started anew" in said.content
    await bench.result(running)
    await bench.result(waiting)
    assert bench.worker_pid() != before
    assert bench.query("SELECT attempt, failures FROM jobs") == [(1, 0)] * 2
    assert "`sparkles` · disabled" in (await listed(bench)).content
    kept = (bench.worker_pid(), bench.query("SELECT count(*) FROM audit"))
    assert "disabled already" in (await (await ordered(bench, "disable", "sparkles")).final_response()).content
    assert (bench.worker_pid(), bench.query("SELECT count(*) FROM audit")) == kept
    said = await (await ordered(bench, "enable", "sparkles")).final_response()
    assert "used again" in said.content
    await restarted(bench, 0)


async def test_only_operators_see_and_switch_plugins(bench: Bench) -> None:
    for command in ("list", "enable", "disable", "release"):
        options = {} if command == "list" else {"name": "sparkles"}
        refused = await bench.admin.slash(bench.channel, f"plugins {command}", **options)
        assert "Only those who run this bot" in (await refused.final_response()).content
    message = await bench.imagine("a circle")
    for action in ("pa:disable:sparkles", "pp:0", "pl:0"):
        refused = await click(bench, bench.admin, message, action)
        assert "Only those who run this bot" in (await refused.final_response()).content
    choices = await bench.admin.autocomplete(bench.channel, "plugins disable", option="name", value="s")
    assert choices == []
    await bench.says(await ordered(bench, "disable", "stub"), "cannot be disabled")
    await bench.says(await ordered(bench, "release", "nonsense"), "no plugin called `nonsense`")
    assert bench.query("SELECT * FROM audit") == []
