"""What the bot says to bad input, to strangers and to administrators, and how quickly."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest
from tests.bot.bench import Bench, finished
from tests.loopback import EVERYONE, Permission, UserCannot

BAD: list[tuple[dict[str, Any], str]] = [
    ({"prompt": "   "}, "is empty"),
    ({"prompt": "a circle", "size": "0"}, "too small; the least is 64"),
    ({"prompt": "a circle", "size": "100000"}, "too large; the most is 16384"),
    ({"prompt": "a circle", "size": "4096"}, "is larger than this host allows; ask for 1"),
    ({"prompt": "a circle", "size": "big"}, "is not a size"),
    ({"prompt": "a circle", "sampler": "eulr"}, "did you mean euler"),
    ({"prompt": "a circle", "model": "nonsense"}, "is unknown"),
]
#: What Discord's clients would not let through.
WORSE: list[tuple[dict[str, Any], str]] = [
    ({"cfg": float("nan")}, "not a finite number"),
    ({"prompt": "x" * 10_000}, "too long"),
]


async def test_bad_input_gets_one_ephemeral_sentence(bench: Bench) -> None:
    asked = [(await bench.alice.slash(bench.channel, "imagine", **options), words) for options, words in BAD]
    asked += [(await _raw(bench, **options), words) for options, words in WORSE]
    for interaction, words in asked:
        message = await interaction.final_response()
        assert words in message.content
        assert message.ephemeral
        assert "\n" not in message.content
    assert bench.query("SELECT count(*) FROM jobs") == [(0,)]


async def _raw(bench: Bench, **options: Any) -> Any:
    """A command as a client without any checks would send it."""
    from tests.loopback.constants import InteractionType

    user = bench.alice
    data = user._command_data(bench.channel, "imagine", {"prompt": "a circle", "cfg": 5})
    kinds = {option["name"]: option for option in data["options"]}
    for name, value in options.items():
        kinds[name]["value"] = value
    return await user._act(InteractionType.COMMAND, bench.channel, data)


async def test_a_failure_is_a_sentence_that_pings_nobody(bench: Bench) -> None:
    for word, said in (("disk", "disk of the host is full"), ("plugin", "plugin said no")):
        interaction = await bench.alice.slash(bench.channel, "imagine", prompt=f"{word} trouble for @everyone")
        message = await bench.says(interaction, said)
        assert message.ephemeral
        assert message.pinged == set()
        assert "@everyone" not in message.content


async def test_a_missing_permission_is_named_before_anything_is_queued(bench: Bench) -> None:
    bench.channel.bot_permissions = EVERYONE & ~Permission.ATTACH_FILES
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a circle")).final_response()
    assert "I lack Attach Files" in message.content
    assert message.ephemeral


async def test_progress_shows_a_preview_and_ends_with_one_file(bench: Bench) -> None:
    message = await bench.imagine("a slow circle")
    names = [file.filename for version in message.history for file in version.files]
    assert "preview.jpg" in names
    assert [file.filename[:7] for file in message.files] == ["limner-"]
    times = [version.at for version in message.history]
    assert all(later - earlier > 1.2 for earlier, later in pairwise(times[1:-1]))


async def test_the_owner_cancels_a_running_job_and_a_stranger_does_not(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="a slower circle")
    message = await interaction.response()
    await bench.progressing(message)
    refused = await bench.bob.press(message, "Cancel")
    assert "Only the person who asked" in (await bench.says(refused, "Only")).content
    await bench.alice.press(message, "Cancel")
    await bench.until(lambda: "Cancelled by" in message.content, "the cancelled message")
    assert not message.attachments
    assert not message.buttons()


async def test_a_moderator_cancels_a_waiting_job(bench: Bench) -> None:
    await bench.alice.slash(bench.channel, "imagine", prompt="a slower circle")
    waiting = await (await bench.bob.slash(bench.channel, "imagine", prompt="a square")).response()
    await bench.until(lambda: "Place 2" in waiting.content, "its place in the queue")
    await bench.admin.press(waiting, "Cancel")
    await bench.until(lambda: f"Cancelled by <@{bench.admin.id}>" in waiting.content, "the cancelled message")
    assert bench.results() == []


async def test_only_administrators_steer_the_queue(bench: Bench) -> None:
    for command in ("pause", "resume", "clear"):
        refused = await (await bench.alice.slash(bench.channel, f"queue {command}")).final_response()
        assert "Manage Server" in refused.content
        assert refused.ephemeral


async def test_a_paused_queue_waits_and_goes_on(bench: Bench) -> None:
    await (await bench.admin.slash(bench.channel, "queue pause")).final_response()
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a circle")).response()
    await bench.until(lambda: "paused" in message.content, "the word paused")
    shown = await (await bench.bob.slash(bench.channel, "queue show")).final_response()
    assert "paused" in shown.content
    assert "a circle" in shown.content
    await bench.admin.slash(bench.channel, "queue resume")
    assert finished(await bench.result(message))


async def test_administrators_cancel_one_job_and_clear_the_rest(bench: Bench) -> None:
    await bench.admin.slash(bench.channel, "queue pause")
    messages = [
        await (await bench.alice.slash(bench.channel, "imagine", prompt=f"circle {k}")).response() for k in range(3)
    ]
    await bench.until(lambda: all("paused" in message.content for message in messages), "all queued")
    choices = await bench.admin.autocomplete(bench.channel, "queue cancel", option="job", value="circle 1")
    await bench.admin.slash(bench.channel, "queue cancel", job=choices[0].value)
    await bench.until(lambda: "Cancelled by" in messages[1].content, "the second one cancelled")
    asked = await (await bench.admin.slash(bench.channel, "queue clear")).final_response()
    assert asked.content == "Cancel all 2 waiting jobs of this server?"
    await bench.admin.press(asked, "Yes")
    await bench.until(lambda: asked.content == "2 waiting jobs cancelled.", "the answer")
    await bench.until(lambda: all("Cancelled by" in message.content for message in messages), "all cancelled")


async def test_suggestions_come_from_the_catalogue(bench: Bench) -> None:
    await bench.imagine("a circle")
    samplers = await bench.alice.autocomplete(bench.channel, "imagine", option="sampler", value="he", prompt="x")
    sizes = await bench.alice.autocomplete(bench.channel, "imagine", option="size", value="128", prompt="x")
    assert [choice.value for choice in samplers] == ["stub:heun"]
    assert "128x128" in [choice.value for choice in sizes]


async def test_users_take_turns(bench: Bench) -> None:
    for prompt in ("slow", "a2", "a3"):
        await bench.alice.slash(bench.channel, "imagine", prompt=prompt, count=1)
    await bench.imagine("b1", bench.bob, count=1)
    await bench.until(lambda: len(bench.results()) == 4, "four results")
    order = bench.query("SELECT request FROM jobs ORDER BY started")
    assert [text.split('"prompt":"')[1].split('"')[0] for (text,) in order] == ["slow", "b1", "a2", "a3"]


async def test_commands_are_published_once(bench: Bench) -> None:
    await bench.restart()
    assert sum(request.method == "PUT" for request in bench.discord.requests) == 1


async def test_two_hundred_at_once_are_acknowledged_in_time(bench: Bench) -> None:
    await bench.admin.slash(bench.channel, "queue pause")
    users = [bench.discord.add_user(f"user{k}") for k in range(200)]
    for user in users:
        bench.guild.add_member(user)
    asked = [await user.impatient.slash(bench.channel, "imagine", prompt=f"picture {user.name}") for user in users]
    waited = [await interaction.acknowledged(10) for interaction in asked]
    assert max(waited) < 3
    await bench.found("SELECT count(*) FROM jobs", [(200,)])


async def test_the_event_loop_stays_quick_while_a_job_runs(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    latencies = []
    while not finished(message):
        latencies.append(await bench.discord.loop_latency())
        await asyncio.sleep(0.05)
    assert sorted(latencies)[len(latencies) * 9 // 10] < 0.05


async def test_the_log_holds_no_secret(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="internal trouble")
    await bench.says(interaction, "3 attempts")
    await bench.stop()
    assert bench.discord.token not in bench.log
    assert interaction.token not in bench.log
    assert interaction.token.encode() not in (bench.data / "limner" / "limner.sqlite3").read_bytes()
    assert "a stray line" in bench.log


async def test_a_used_button_of_another_channel_is_refused(bench: Bench) -> None:
    grid = await bench.imagine("a circle")
    other = bench.guild.add_channel("other")
    copy = await bench.bob.send(other, "stolen")
    copy.components, copy.author = grid.components, grid.author
    refused = await bench.bob.press(copy, "V1")
    assert "another channel" in (await refused.response()).content


async def test_a_stranger_to_the_server_sees_no_admin_rights_in_direct_messages(bench: Bench) -> None:
    with pytest.raises(UserCannot):
        await bench.alice.slash(bench.alice.direct_messages(), "queue nonsense")
    started = time.monotonic()
    message = await (await bench.alice.slash(bench.alice.direct_messages(), "queue show")).final_response()
    assert "Nobody waits" in message.content
    assert time.monotonic() - started < 3
