"""The queue's panel and commands, for administrators and operators, from the click to the book of decisions."""

from __future__ import annotations

import json
import sqlite3

import pytest
from tests.bot.bench import Bench, finished, labels
from tests.bot.features.clicking import click, prefer
from tests.loopback import Message, Permission, ScriptedUser


@pytest.fixture
def operators() -> tuple[str, ...]:
    """Bob runs the bot, and no server."""
    return ("bob",)


async def waiting(bench: Bench, user: ScriptedUser, *prompts: str) -> list[Message]:
    """Messages of jobs that wait, as everything is paused."""
    asked = [await user.slash(bench.channel, "imagine", prompt=prompt, count=1) for prompt in prompts]
    return [await interaction.response() for interaction in asked]


async def panel(bench: Bench, user: ScriptedUser) -> Message:
    return await (await user.slash(bench.channel, "queue panel")).final_response()


async def presses(bench: Bench, user: ScriptedUser, message: Message, button: str, says: str) -> None:
    """Press a button of the panel, and read."""
    await user.press(message, button)
    await bench.until(lambda: says in message.content, f"{says!r} after {button}")


def acts(bench: Bench) -> list[str]:
    """What the book of decisions has."""
    return [row[0] for row in bench.query("SELECT action FROM audit ORDER BY number")]


def states(bench: Bench) -> dict[str, str]:
    """The state of each job by its prompt."""
    rows = bench.query("SELECT json_extract(request, '$.prompt'), state FROM jobs")
    return dict(rows)


def job(bench: Bench, prompt: str) -> str:
    return str(bench.query(f"SELECT id FROM jobs WHERE json_extract(request, '$.prompt') = '{prompt}'")[0][0])


async def test_an_administrator_steers_by_the_panel(bench: Bench) -> None:
    message = await panel(bench, bench.admin)
    assert message.ephemeral
    await presses(bench, bench.admin, message, "Pause", "is paused")
    first, *_ = await waiting(bench, bench.alice, "one", "two", "three")
    await waiting(bench, bench.bob, "four")
    await presses(bench, bench.admin, message, "Refresh", "4 waiting")
    assert "Drain" not in labels(message)
    await bench.admin.select(message, job(bench, "three"), menu="Choose a job")
    await bench.until(lambda: "Chosen: `three`" in message.content, "the choice")
    await presses(bench, bench.admin, message, "To the front", "It is next")
    await presses(bench, bench.admin, message, "Cancel", "Cancel the job")
    await presses(bench, bench.admin, message, "No", "Nothing was done")
    await bench.admin.select(message, job(bench, "one"), menu="Choose a job")
    await bench.until(lambda: "Chosen: `one`" in message.content, "the choice")
    await presses(bench, bench.admin, message, "Cancel", f"of <@{bench.alice.id}>?")
    await presses(bench, bench.admin, message, "Yes", "It is cancelled.")
    await bench.until(lambda: f"Cancelled by <@{bench.admin.id}>" in first.content, "the cancelled message")
    await presses(bench, bench.admin, message, "Resume", "goes on")
    await bench.until(lambda: len(bench.results()) == 3, "three results")
    started = bench.query("SELECT json_extract(request, '$.prompt') FROM jobs WHERE started > 0 ORDER BY started")
    assert started[0] == ("three",)
    assert acts(bench) == ["act-queue-paused", "act-job-to-front", "act-job-cancelled", "act-queue-resumed"]
    assert message.pinged == set()


async def test_all_of_a_member_are_cancelled_after_one_more_question(bench: Bench) -> None:
    running = await (await bench.alice.slash(bench.channel, "imagine", prompt="slower", count=1)).response()
    await bench.progressing(running)
    await waiting(bench, bench.alice, "two")
    await waiting(bench, bench.bob, "three")
    message = await panel(bench, bench.admin)
    assert "Running: <@" in message.content
    await bench.admin.select(message, job(bench, "two"), menu="Choose a job")
    await bench.until(lambda: "Chosen" in message.content, "the choice")
    await presses(bench, bench.admin, message, "Cancel all of this member", f"Cancel all jobs of <@{bench.alice.id}>?")
    question = message.components
    await presses(bench, bench.admin, message, "Yes", f"2 jobs of <@{bench.alice.id}> cancelled.")
    message.components = question
    # The same click once more, as a slow client sends it.
    refused = await bench.admin.press(message, "Yes")
    await bench.says(refused, "confirmed or cancelled already")
    await bench.until(lambda: len(bench.results()) == 1, "bob's result")
    await bench.found("SELECT count(*) FROM jobs WHERE state = 'delivered'", [(1,)])
    assert states(bench) == {"slower": "cancelled", "two": "cancelled", "three": "delivered"}


async def test_a_failed_job_is_tried_again(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="plugin trouble", count=1)
    await bench.says(interaction, "did not work")
    await bench.found("SELECT told FROM jobs", [(1,)])
    await bench.kill()
    change(bench, "UPDATE jobs SET request = replace(request, 'plugin trouble', 'a circle')")
    await bench.start()
    message = await panel(bench, bench.admin)
    await bench.admin.select(message, job(bench, "a circle"), menu="Try a failed job once more")
    await bench.until(lambda: "tried once more" in message.content, "the answer")
    await bench.until(lambda: len(bench.results()) == 1, "its result")
    assert acts(bench) == ["act-job-retried"]
    again = await bench.admin.slash(bench.channel, "queue retry", job=job(bench, "a circle"))
    assert "has not failed" in (await again.final_response()).content
    # Its first message went when the person was told in private; only Discord knows that.
    assert {each.code for each in bench.discord.violations} <= {10008}
    bench.discord.violations.clear()


def change(bench: Bench, sql: str) -> None:
    connection = sqlite3.connect(bench.data / "limner" / "limner.sqlite3")
    with connection:
        connection.execute(sql)
    connection.close()


async def test_rights_are_those_of_the_moment_of_the_click(bench: Bench) -> None:
    message = await panel(bench, bench.admin)
    bench.guild.add_member(bench.admin, permissions=Permission(0))
    for action in ("qs:pause:h:0", "qs:clear:h:0", "qp:h:0:-", "qs:drain:h:0"):
        refused = await click(bench, bench.admin, message, action)
        assert "Manage Server" in (await refused.final_response()).content
    for action in ("qs:drain:a:0", "qs:pause:a:0", "qp:a:0:-"):
        refused = await click(bench, bench.admin, message, action)
        assert "Only those who run this bot" in (await refused.final_response()).content
    assert acts(bench) == []
    refused = await bench.alice.slash(bench.channel, "queue panel")
    assert "Manage Server" in (await refused.final_response()).content


async def test_operators_see_all_servers_and_close_the_gate(bench: Bench) -> None:
    message = await (await bench.bob.slash(bench.bob.direct_messages(), "queue panel")).final_response()
    assert "all servers" in message.content
    await presses(bench, bench.bob, message, "Drain", "even after a restart")
    refused = await bench.alice.slash(bench.channel, "imagine", prompt="a circle")
    await bench.says(refused, "No jobs are taken at the moment")
    status = await (await bench.alice.slash(bench.channel, "status")).final_response()
    assert "No jobs are taken" in status.content
    assert "Versions" not in status.content
    await bench.restart()
    await bench.says(await bench.alice.slash(bench.channel, "imagine", prompt="a circle"), "No jobs are taken")
    await presses(bench, bench.bob, message, "Take jobs again", "Jobs are taken again")
    assert finished(await bench.imagine("a circle"))
    told = await (await bench.bob.slash(bench.channel, "status")).final_response()
    for words in ("The host is ready", "Loaded model: flat", "Versions: Python 3", "database:", "backup"):
        assert words in told.content
    assert "Last hour: 4 pictures; jobs: 1 done" in told.content
    assert bench.query("SELECT action, guild_id FROM audit") == [("act-drained", 0), ("act-undrained", 0)]


async def test_everybody_sees_who_waits_and_when_it_starts(bench: Bench) -> None:
    await bench.imagine("a slow warm-up", count=1)
    running = await (await bench.bob.slash(bench.channel, "imagine", prompt="slower", count=1)).response()
    await bench.progressing(running)
    (place,) = await waiting(bench, bench.alice, "a circle")
    await bench.until(lambda: "Place 2 in the queue. About" in place.content, "its place and time")
    await bench.until(lambda: "left." in running.content, "what is left")
    shown = await (await bench.bob.slash(bench.channel, "queue show")).final_response()
    assert "starts in about" in shown.content
    assert "`a circle`" in shown.content
    price = json.loads(json.dumps(bench.query("SELECT model, work > 0 FROM jobs")))
    assert price == [["stub:flat", 1]] * 3
    await bench.admin.press(running, "Cancel")
    await bench.result(place)
    assert acts(bench) == ["act-job-cancelled"]


async def test_the_panel_has_pages_and_clears_a_server(bench: Bench) -> None:
    await bench.admin.slash(bench.channel, "queue pause")
    await waiting(bench, bench.alice, *(f"circle {k}" for k in range(1, 13)))
    message = await panel(bench, bench.admin)
    assert "Page 1 of 2" in message.content
    await presses(bench, bench.admin, message, "Next", "Page 2 of 2")
    assert "11. <@" in message.content
    await presses(bench, bench.admin, message, "Clear", "Cancel all 12 waiting jobs")
    await presses(bench, bench.admin, message, "Yes", "12 waiting jobs cancelled.")
    assert "Nobody waits." in message.content
    assert bench.query("SELECT action, details FROM audit ORDER BY number DESC LIMIT 1") == [
        ("act-queue-cleared", "12")
    ]


async def test_who_wants_it_is_pinged_once_and_what_is_posted_cannot_be_cancelled(bench: Bench) -> None:
    await prefer(bench, bench.alice, ping="always")
    message = await bench.imagine("a circle", count=1)
    await bench.until(lambda: pings(bench), "the ping")
    assert pings(bench)[0].content.startswith(f"<@{bench.alice.id}> your pictures are ready: https://")
    assert pings(bench)[0].pinged == {str(bench.alice.id)}
    late = await click(bench, bench.alice, message, f"c:{job(bench, 'a circle')}")
    await bench.says(late, "too late")
    await bench.restart()
    await bench.imagine("a private circle", count=1, private=True)
    assert len(pings(bench)) == 1
    assert bench.query("SELECT pinged FROM jobs") == [(1,), (0,)]


def pings(bench: Bench) -> list[Message]:
    return [message for message in bench.channel.messages if "are ready" in message.content]
