"""Kill -9 at every state: nothing is lost, and every job has one result."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tests.bot.bench import Bench, finished
from tests.loopback.constants import Intent
from tests.loopback.payloads import interaction_payload


async def test_a_button_of_an_old_message_works_after_a_restart(bench: Bench) -> None:
    grid = await bench.imagine("a red circle")
    await bench.restart()
    assert finished(await bench.press(grid, "V1"))
    assert finished(await bench.press(grid, "U4"))
    assert finished(await bench.press(grid, "Re-roll"))


async def test_a_worker_killed_in_the_middle_is_replaced_and_the_job_is_done_once(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    os.kill(bench.worker_pid(), signal.SIGKILL)
    await bench.result(message)
    assert bench.query("SELECT attempt, failures FROM jobs") == [(2, 1)]
    assert len(bench.results()) == 1


async def test_a_bot_killed_while_a_job_runs_does_it_again_and_posts_once(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle", seed=5)).response()
    await bench.progressing(message)
    await bench.restart()
    await bench.result(message)
    await bench.state("delivered")
    assert len(bench.results()) == 1
    assert "seeds 5 to 8" in message.content


async def test_a_bot_killed_while_jobs_wait_loses_none(bench: Bench) -> None:
    messages = [await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow one")).response()]
    messages += [await (await bench.bob.slash(bench.channel, "imagine", prompt="another")).response() for _ in range(3)]
    await bench.until(lambda: all(not message.thinking for message in messages), "four places in the queue")
    await bench.restart()
    for message in messages:
        await bench.result(message)
    assert len(bench.results()) == 4


async def test_a_bot_killed_between_rendering_and_posting_posts_once(bench: Bench) -> None:
    bench.discord.fail_next("PATCH", "/webhooks/", status=503, times=1000)
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a circle")).response()
    await bench.state("rendered")
    await bench.kill()
    bench.discord.clear_faults()
    await bench.start()
    await bench.result(message)
    await bench.state("delivered")
    assert len(bench.results()) == 1


async def test_a_bot_killed_after_posting_but_before_writing_so_posts_once(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    bench.discord.fail_next("PATCH", "/webhooks/", status=503, after_effect=True, times=50)
    await bench.until(lambda: finished(message), "the result whose reply is lost")
    await bench.kill()
    bench.discord.clear_faults()
    assert bench.query("SELECT state FROM jobs") == [("rendered",)]
    await bench.start()
    await bench.state("delivered")
    assert len(bench.results()) == 1
    assert len(message.attachments) == 1


async def test_a_token_that_is_too_old_lets_the_result_come_by_the_channel(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    bench.discord.advance(16 * 60)
    await bench.result(message)
    await bench.state("delivered")
    assert len(bench.results()) == 1
    bench.discord.violations.clear()


async def test_a_placeholder_that_was_deleted_is_replaced_by_one_new_message_that_pings(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    bench.discord.world.delete(message)
    await bench.until(lambda: bench.results(), "a new message")
    await bench.state("delivered")
    assert len(bench.results()) == 1
    assert bench.results()[0].pinged == {bench.alice.id}
    bench.discord.violations.clear()


async def test_a_lost_reply_to_a_new_message_makes_no_second_one_however_late(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    bench.discord.world.delete(message)
    bench.discord.fail_next("POST", "/channels/.*/messages", status=503, after_effect=True, times=50)
    await bench.until(lambda: bench.results(), "a new message whose reply is lost")
    await bench.kill()
    bench.discord.clear_faults()
    bench.discord.advance(600)
    await bench.start()
    await bench.state("delivered")
    assert len(bench.results()) == 1
    bench.discord.violations.clear()


async def test_a_closed_channel_sends_the_result_as_a_direct_message(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    bench.discord.advance(16 * 60)
    bench.channel.bot_permissions = type(bench.channel.bot_permissions)(0)
    direct = bench.alice.direct_messages()
    await bench.discord.wait_for_message(direct, finished, 20)
    await bench.state("delivered")
    assert not bench.results()
    bench.discord.violations.clear()


async def test_an_interaction_that_arrives_twice_makes_one_job(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt="a circle")
    bench.discord.world.emit("INTERACTION_CREATE", interaction_payload(bench.discord.world, interaction), Intent.NONE)
    await bench.result(await interaction.response())
    await asyncio.sleep(0.3)
    assert bench.query("SELECT count(*) FROM jobs") == [(1,)]
    assert len(bench.results()) == 1
    bench.discord.violations.clear()


async def test_a_job_that_always_fails_inside_ends_after_three_attempts(bench: Bench) -> None:
    for word in ("crash", "internal"):
        interaction = await bench.alice.slash(bench.channel, "imagine", prompt=f"a {word} please")
        message = await bench.says(interaction, "3 attempts")
        assert not message.buttons()
    assert bench.query("SELECT state, attempt FROM jobs") == [("failed", 3), ("failed", 3)]
    assert finished(await bench.imagine("the next one works"))


async def test_a_silent_worker_is_replaced(bench: Bench) -> None:
    bench.extra["LIMNER_WORKER_SILENCE"] = "1.5"
    await bench.restart()
    assert finished(await bench.imagine("stuck at first"))


async def test_half_written_files_do_not_stay(bench: Bench) -> None:
    await bench.imagine("crash-once and then a circle")
    pictures = bench.data / "limner" / "pictures"
    names = {path.name for path in pictures.glob("*/*")}
    assert names == {"1.png", "2.png", "3.png", "4.png", "grid.png"}


async def test_sigterm_leaves_cleanly_and_the_running_job_waits_again(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt="a slow circle")).response()
    await bench.progressing(message)
    pid = bench.worker_pid()
    assert await bench.stop() == 0
    assert bench.query("SELECT state FROM jobs") == [("queued",)]
    assert not Path(f"/proc/{pid}").exists()
    await bench.start()
    await bench.result(message)


async def test_no_worker_outlives_a_killed_bot(bench: Bench) -> None:
    pid = bench.worker_pid()
    await bench.kill()
    for _ in range(40):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the worker is still there")
