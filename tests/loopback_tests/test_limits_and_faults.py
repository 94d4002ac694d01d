"""Rate limits, injected faults, and the log of what happened."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
from tests.loopback_tests.studio import Studio
from tests.loopback_tests.wire import Wire, hook


async def test_the_sixth_request_in_five_seconds_gets_a_429(wire: Wire) -> None:
    statuses = [(await wire.post({"content": str(number)}))[0] for number in range(6)]
    assert statuses == [200] * 5 + [429]
    assert wire.discord.invalid_requests == 1
    wire.discord.advance(5)
    assert (await wire.post({"content": "again"}))[0] == 200


async def test_replies_carry_rate_limit_headers_and_a_429_carries_via(wire: Wire) -> None:
    url, headers = (
        wire.discord.api_url + wire.messages,
        {"Authorization": f"Bot {wire.discord.token}"},
    )
    seen = []
    for _ in range(6):
        async with wire.http.get(url, headers=headers) as reply:
            seen.append((reply.headers["X-RateLimit-Remaining"], "Via" in reply.headers))
            body = await reply.json()
    assert seen == [
        ("4", False),
        ("3", False),
        ("2", False),
        ("1", False),
        ("0", False),
        ("0", True),
    ]
    assert 0 < body["retry_after"] <= 5.01
    assert body["global"] is False


async def test_each_interaction_token_has_a_bucket_of_its_own(wire: Wire) -> None:
    for _ in range(2):
        interaction = await wire.asked()
        await wire.answer(interaction, 5)
        calls = [wire.call("POST", hook(wire, interaction), {"content": "x"}) for _ in range(5)]
        assert {status for status, _ in await asyncio.gather(*calls)} == {200}


async def test_the_bot_token_has_fifty_requests_a_second(wire: Wire) -> None:
    calls = [wire.call("GET", "/users/@me") for _ in range(60)]
    statuses = [status for status, _ in await asyncio.gather(*calls)]
    assert statuses.count(429) >= 5


async def test_a_wrong_token_is_refused(wire: Wire) -> None:
    wire.discord.world.token = "other"
    wire_token = {"Authorization": "Bot wrong"}
    async with wire.http.get(wire.discord.api_url + "/users/@me", headers=wire_token) as reply:
        assert reply.status == 401
    wire.discord.violations.clear()


async def test_a_fault_before_the_effect_leaves_nothing(wire: Wire) -> None:
    fault = wire.discord.fail_next("POST", r"/channels/.*", status=500)
    assert (await wire.post({"content": "x"}))[0] == 500
    assert wire.channel.messages == []
    assert (await wire.post({"content": "x"}))[0] == 200
    assert fault.hits == 1


async def test_a_fault_after_the_effect_leaves_the_message(wire: Wire) -> None:
    wire.discord.fail_next("POST", r"/channels/.*", after_effect=True, times=2)
    body = {"content": "x", "nonce": "1", "enforce_nonce": True}
    statuses = [(await wire.post(body))[0] for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert len(wire.channel.messages) == 1


@pytest.mark.parametrize(("after_effect", "left"), [(False, 0), (True, 1)])
async def test_a_cut_reply_breaks_the_connection(wire: Wire, after_effect: bool, left: int) -> None:
    wire.discord.fail_next("POST", r"/channels/.*", cut=True, after_effect=after_effect)
    with pytest.raises(aiohttp.ClientError):
        await wire.post({"content": "x"})
    assert len(wire.channel.messages) == left


async def test_a_delayed_call_takes_longer_and_succeeds(wire: Wire) -> None:
    wire.discord.delay_next("POST", r"/channels/.*", 0.1)
    started = time.perf_counter()
    assert (await wire.post({"content": "x"}))[0] == 200
    assert time.perf_counter() - started >= 0.1


async def test_the_log_names_calls_and_errors(wire: Wire) -> None:
    await wire.refused("POST", wire.messages, {"content": "x" * 2001})
    record = wire.discord.requests[-1]
    assert (record.method, record.status) == ("POST", 400)
    assert record.error is not None
    assert "content: Must be 2000 or fewer in length" in str(record.error)


async def test_routes_that_do_not_exist_are_violations(wire: Wire) -> None:
    assert await wire.refused("GET", "/nowhere") == (404, 0)


async def test_discord_py_waits_out_429s_and_retries_errors(studio: Studio) -> None:
    studio.discord.fail_next("POST", r"/webhooks/", status=429)
    interaction = await studio.alice.slash(studio.channel, "imagine", prompt="x")
    assert (await interaction.final_response()).content == "x|pocket"
    assert [request.status for request in studio.discord.requests[-2:]] == [429, 200]


async def test_two_hundred_simultaneous_commands_are_all_answered_in_time(studio: Studio) -> None:
    calls = [
        studio.alice.slash(studio.channel, "imagine", prompt=f"{number}") for number in range(200)
    ]
    interactions = await asyncio.gather(*calls)
    for interaction in interactions:
        await interaction.final_response()
    assert max(found.acknowledged_after or 9 for found in interactions) < 3


async def test_a_loopback_for_load_leaves_out_the_description_and_keeps_the_other_rules(wire: Wire) -> None:
    wire.discord.rest.check_bodies = False
    assert (await wire.post({"content": "x", "nonce": "n" * 26}))[0] == 200
    assert await wire.refused("POST", wire.messages, {"content": "x" * 2001}) == (400, 50035)
