"""/settings: layers of defaults, who may change which, and where each value comes from."""

from __future__ import annotations

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import click
from tests.loopback import Message, ScriptedUser


async def _panel(bench: Bench, user: ScriptedUser, **options: str) -> Message:
    return await (await user.slash(bench.channel, "settings", **options)).final_response()


async def _choose(bench: Bench, user: ScriptedUser, panel: Message, name: str, value: str) -> None:
    """Choose a setting, and then a value of it."""
    await user.select(panel, name)
    await bench.until(lambda: "Back" in labels(panel), "the values")
    await user.select(panel, value)
    await bench.until(lambda: "Reset" in labels(panel), "the panel")


async def test_the_nearest_layer_counts_and_the_panel_says_which_it_is(bench: Bench) -> None:
    server = await _panel(bench, bench.admin, scope="server")
    assert server.ephemeral
    await _choose(bench, bench.admin, server, "sampler", "stub:heun")
    channel = await _panel(bench, bench.admin, scope="channel")
    await _choose(bench, bench.admin, channel, "count", "1")
    mine = await _panel(bench, bench.alice)
    assert "Sampler: `stub:heun` (the server's)" in mine.content
    await _choose(bench, bench.alice, mine, "sampler", "stub:euler")
    asked = await bench.alice.select(mine, "steps")
    sent = await bench.alice.submit_modal(asked, {"Steps": "7"})
    await bench.until(lambda: "Steps: `7` (yours)" in mine.content, "the steps")
    assert not sent.followups
    assert "Sampler: `stub:euler` (yours)" in mine.content
    assert "(the channel's)" in mine.content
    drawn = await bench.imagine("a circle")
    assert "7 steps" in drawn.content
    assert "euler" in drawn.content
    assert bench.query("SELECT count(*) FROM images") == [(1,)]
    asked = await bench.alice.select(mine, "styles")
    sent = await bench.alice.submit_modal(asked, {"Styles": "noir, no-such"})
    assert "no-such" in (await sent.response()).content
    told = await (await bench.admin.slash(bench.channel, "audit")).final_response()
    assert "changed settings" in told.content
    assert f"<@{bench.alice.id}>" not in told.content
    await bench.alice.press(mine, "Reset")
    await bench.until(lambda: "Forget all" in mine.content, "the question")
    await bench.alice.press(mine, "Reset")
    await bench.until(lambda: "(yours)" not in mine.content and "Sampler" in mine.content, "the panel without them")


async def test_only_administrators_change_what_holds_for_others(bench: Bench) -> None:
    refused = [await _panel(bench, bench.alice, scope=scope) for scope in ("channel", "server")]
    assert all("Manage Server" in message.content for message in refused)
    assert "Only those who run this bot" in (await _panel(bench, bench.admin, scope="bot")).content
    message = await bench.imagine("a circle", count=1)
    for action in ("sb:server", "sr:channel", "sb:bot"):
        answer = await (await click(bench, bench.alice, message, action)).final_response()
        assert "Only" in answer.content
    assert bench.query("SELECT count(*) FROM preferences") == [(0,)]


async def test_bad_values_are_one_sentence_and_a_language_is_spoken_at_once(bench: Bench) -> None:
    mine = await _panel(bench, bench.alice)
    asked = await bench.alice.select(mine, "steps")
    sent = await bench.alice.submit_modal(asked, {"Steps": "many"})
    assert "many" in (await sent.followup()).content
    await _choose(bench, bench.alice, mine, "private", "true")
    await bench.alice.select(mine, "language")
    await bench.until(lambda: "Back" in labels(mine), "the values")
    await bench.alice.select(mine, "de")
    await bench.until(lambda: "Sprache: Deutsch (von dir)" in mine.content, "German")
    history = await (await bench.alice.slash(bench.channel, "history")).final_response()
    assert "Du hast noch keine Bilder" in history.content
    theirs = await (await bench.bob.slash(bench.channel, "history")).final_response()
    assert "You have no pictures" in theirs.content
