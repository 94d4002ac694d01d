"""C14, C15, C16: the gateway breaks, REST stumbles before and after effects, and answers come too late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.bot.bench import finished
from tests.bot.crashes.scene import Scene
from tests.loopback.constants import Intent
from tests.loopback.payloads import interaction_payload

#: What Discord bans an address for: so many answers of 401, 403 and 429 in ten minutes. This is a tenth of it.
MOST_INVALID = 1000
#: What passes by itself, and what ends one way of reaching somebody.
PASSING, ENDING = (429, 500, 502, 503, 504), (401, 403, 404)


async def test_a_broken_gateway_costs_no_job_and_few_identifications(scene: Scene) -> None:
    """C14."""
    bench, discord = scene.bench, scene.bench.discord
    await bench.start()
    breaks: tuple[Callable[[], None], ...] = (
        discord.drop_connections,
        discord.request_reconnect,
        lambda: discord.invalidate_session(resumable=True),
        lambda: discord.invalidate_session(resumable=False),
    )
    for number, break_ in enumerate(breaks):
        message = await (await scene.imagine(f"picture {number}")).response()
        break_()
        await asyncio.sleep(0.2)
        await bench.discord.wait_until_ready(30)
        await bench.result(message)
    assert discord.gateway.identifies <= 3
    await scene.holds()


async def test_an_event_that_is_replayed_after_a_resume_makes_no_second_job(scene: Scene) -> None:
    """C14."""
    bench = scene.bench
    await bench.start()
    interaction = await scene.imagine("a circle")
    await bench.result(await interaction.response())
    for _ in range(3):
        payload = interaction_payload(bench.discord.world, interaction)
        bench.discord.world.emit("INTERACTION_CREATE", payload, Intent.NONE)
    bench.discord.drop_connections()
    await bench.discord.wait_until_ready(30)
    await asyncio.sleep(0.3)
    assert bench.query("SELECT count(*) FROM jobs") == [(1,)]
    await scene.holds()


@pytest.mark.parametrize("after_effect", [pytest.param(False, marks=pytest.mark.long), True], ids=["before", "after"])
async def test_a_storm_of_errors_doubles_nothing(scene: Scene, after_effect: bool) -> None:
    """C15: each kind of error once for each of the requests that a job needs."""
    bench, discord = scene.bench, scene.bench.discord
    await bench.start()
    for status in (*PASSING, *ENDING):
        discord.fail_next("PATCH", "/webhooks/", status=status, after_effect=after_effect)
        await _served(scene, f"status {status}")
    discord.fail_next("PATCH", "/webhooks/", cut=True, after_effect=after_effect)
    await _served(scene, "a cut reply")
    discord.delay_next("PATCH", "/webhooks/", 1.0)
    await _served(scene, "a slow one")
    assert bench.query("SELECT count(*) FROM jobs WHERE state = 'delivered'") == [(len((*PASSING, *ENDING)) + 2,)]
    assert discord.invalid_requests < MOST_INVALID
    await scene.holds()


async def _served(scene: Scene, prompt: str) -> None:
    await scene.imagine(prompt, count=1)
    assert await scene.quiet(), scene.bench.log[-6000:]


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
async def test_an_acknowledgement_that_fails_loses_nothing_that_was_seen(scene: Scene, after_effect: bool) -> None:
    """C15."""
    bench, discord = scene.bench, scene.bench.discord
    await bench.start()
    for status in (500, 502, 503):
        discord.fail_next("POST", "/callback", status=status, after_effect=after_effect)
        await _served(scene, f"status {status}")
    discord.fail_next("POST", "/callback", cut=True, after_effect=after_effect)
    await _served(scene, "a cut reply")
    assert [message.ephemeral for message in bench.results()] == [False] * 4
    await scene.holds()


async def test_a_token_that_discord_takes_back_stops_the_bot_with_one_sentence(scene: Scene) -> None:
    """C15: 401 stops everything."""
    bench = scene.bench
    bench.discord.fail_next("GET", "/users/@me", status=401, times=100)
    code = await asyncio.to_thread(bench.launch().wait, 30)
    assert code == 2
    assert "does not accept LIMNER_DISCORD_TOKEN" in bench.log
    assert "Traceback" not in bench.log


async def test_a_token_that_is_too_old_lets_the_result_come_by_the_channel(scene: Scene) -> None:
    """C16."""
    await scene.bench.start()
    message = await scene.waiting("a slow circle")
    scene.bench.discord.advance(16 * 60)
    await scene.bench.result(message)
    await scene.holds()


async def test_a_placeholder_that_was_deleted_is_replaced_by_one_new_message_that_pings(scene: Scene) -> None:
    bench = scene.bench
    await bench.start()
    bench.discord.world.delete(await scene.waiting("a slow circle"))
    await bench.until(bench.results, "a new message")
    assert bench.results()[0].pinged == {bench.alice.id}
    await scene.holds()


async def test_a_closed_channel_sends_the_result_as_a_direct_message(scene: Scene) -> None:
    bench = scene.bench
    await bench.start()
    message = await scene.waiting("a slow circle")
    bench.discord.advance(16 * 60)
    bench.channel.bot_permissions = type(bench.channel.bot_permissions)(0)
    await bench.discord.wait_for_message(bench.alice.direct_messages(), finished, 20)
    await bench.state("delivered")
    assert not bench.results()
    assert not finished(message)
