"""What goes wrong between a bot and Discord: bad replies, bans, silent gateways, doubled events, lost tokens."""

from __future__ import annotations

import time

import aiohttp
import discord
import pytest
from tests.loopback import LoopbackDiscord, running
from tests.loopback_tests.atelier_bot import Atelier
from tests.loopback_tests.studio import Studio
from tests.loopback_tests.wire import Wire


async def _raw(wire: Wire) -> tuple[int, dict[str, str], str]:
    headers = {"Authorization": f"Bot {wire.discord.token}"}
    url = wire.discord.api_url + wire.messages
    async with wire.http.post(url, headers=headers, json={"content": "x"}) as reply:
        return reply.status, dict(reply.headers), await reply.text()


@pytest.mark.parametrize(("scope", "counted"), [("user", 1), ("global", 1), ("shared", 0)])
async def test_a_429_says_whose_limit_it_is_and_shared_ones_do_not_count(wire: Wire, scope: str, counted: int) -> None:
    wire.discord.fail_next("POST", "/channels/", status=429, scope=scope, retry_after=0.25)
    status, headers, _ = await _raw(wire)
    assert (status, headers["X-RateLimit-Scope"], headers["Retry-After"]) == (429, scope, "0.250")
    assert ("X-RateLimit-Global" in headers) == (scope == "global")
    assert wire.discord.invalid_requests == counted
    wire.discord.advance(601)
    assert wire.discord.invalid_requests == 0


async def test_a_proxy_answers_with_a_page(wire: Wire) -> None:
    wire.discord.fail_next("POST", "/channels/", status=502)
    wire.discord.fail_next("POST", "/channels/", status=429, scope="cloudflare")
    for wanted in (502, 429):
        status, headers, text = await _raw(wire)
        assert (status, headers["Content-Type"], "Via" in headers) == (wanted, "text/html", False)
        assert text.startswith("<html>")


async def test_discord_py_gives_up_at_once_where_a_proxy_bans(studio: Studio) -> None:
    studio.discord.fail_next("POST", "/channels/", status=429, scope="cloudflare", times=9)
    with pytest.raises(discord.HTTPException):
        await studio.bot.get_partial_messageable(int(studio.channel.id)).send("x")
    assert studio.discord.invalid_requests == 1


async def test_too_many_invalid_requests_shut_the_bot_out_for_an_hour(wire: Wire) -> None:
    wire.discord.rest.invalid.limit = 3
    wire.discord.fail_next("POST", "/channels/", status=403, code=50001, times=3)
    assert [(await _raw(wire))[0] for _ in range(4)] == [403, 403, 403, 429]
    assert [violation.code for violation in wire.discord.violations] == [1015]
    wire.discord.violations.clear()
    wire.discord.advance(3601)
    assert (await _raw(wire))[0] == 200


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(404, 10015, "Unknown Webhook"), (404, 10008, "Unknown Message"), (403, 50013, "Missing Permissions")],
)
async def test_an_injected_refusal_speaks_like_discord(wire: Wire, status: int, code: int, words: str) -> None:
    wire.discord.fail_next("POST", "/channels/", status=status, code=code)
    answered, body = await wire.post({"content": "x"})
    assert (answered, body) == (status, {"message": words, "code": code})
    assert wire.discord.requests[-1].body == {"content": "x"}
    assert wire.channel.messages == []


async def test_a_reply_may_trickle_in(wire: Wire) -> None:
    wire.discord.slow_next("POST", "/channels/", 0.2)
    started = time.perf_counter()
    assert (await wire.post({"content": "x"}))[0] == 200
    assert time.perf_counter() - started > 0.15


async def test_a_reply_may_break_in_the_middle_after_its_effect(wire: Wire) -> None:
    wire.discord.break_next("POST", "/channels/")
    with pytest.raises(aiohttp.ClientPayloadError):
        await wire.post({"content": "x"})
    assert [message.content for message in wire.channel.messages] == ["x"]


async def test_a_silent_gateway_is_left_and_its_events_are_replayed() -> None:
    async with LoopbackDiscord(heartbeat_interval=0.2) as loopback:
        guild, alice = loopback.add_guild("studio"), loopback.add_user("alice")
        guild.add_member(alice)
        channel = guild.add_channel("art")
        async with running(Atelier.impatient(), loopback):
            loopback.freeze_connections()
            interaction = await alice.impatient.slash(channel, "doors")
            assert (await interaction.response()).content == "doors"
            assert (loopback.gateway.identifies, loopback.gateway.resumes) == (1, 1)


async def test_an_event_may_arrive_twice_and_only_one_answer_counts(studio: Studio) -> None:
    studio.discord.duplicate_next()
    interaction = await studio.alice.slash(studio.channel, "queue pause")
    await studio.discord.wait_until(lambda: len(studio.discord.violations) == 1)
    assert [found.id for found in studio.bot.arrived] == [int(interaction.id)] * 2
    assert studio.discord.violations.pop().code == 40060


async def test_a_resume_may_replay_what_was_seen(studio: Studio) -> None:
    await (await studio.alice.slash(studio.channel, "queue pause")).response()
    studio.discord.replay_more(2)
    studio.discord.drop_connections()
    await studio.discord.wait_until(lambda: studio.discord.gateway.resumes == 1)
    await studio.discord.wait_until(lambda: len(studio.discord.violations) == 1)
    assert len({found.id for found in studio.bot.arrived}) == 1 < len(studio.bot.arrived)
    assert studio.discord.violations.pop().code == 40060


async def test_a_revoked_token_is_worth_nothing_anywhere(wire: Wire) -> None:
    async with wire.http.ws_connect(wire.discord.gateway_url) as socket:
        await socket.send_json({"op": 2, "d": {"token": wire.discord.token, "intents": 1, "properties": {}}})
        await wire.discord.wait_until_ready()
        old = wire.discord.token
        wire.discord.revoke_token()
        async for _ in socket:
            continue
        assert socket.close_code == 4004
    url = f"{wire.discord.api_url}/users/@me"
    async with wire.http.get(url, headers={"Authorization": f"Bot {old}"}) as reply:
        assert reply.status == 401
    assert wire.discord.invalid_requests == 1
    wire.discord.violations.clear()


async def _identified(wire: Wire) -> tuple[int, object]:
    async with wire.http.ws_connect(wire.discord.gateway_url) as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": 2, "d": {"token": wire.discord.token, "intents": 1, "properties": {}}})
        message = await socket.receive()
        return (message.json()["op"], message.json()["d"]) if message.type is aiohttp.WSMsgType.TEXT else (-1, None)


async def test_sessions_start_five_seconds_apart_where_that_is_asked_for(wire: Wire) -> None:
    wire.discord.gateway.budget.pause = 5.0
    assert (await _identified(wire))[0] == 0
    assert await _identified(wire) == (9, False)
    wire.discord.advance(6)
    assert (await _identified(wire))[0] == 0


async def test_the_budget_of_sessions_is_told_and_overdrawing_it_costs_the_token(wire: Wire) -> None:
    wire.discord.gateway.budget.limit = 2
    token = wire.discord.token
    for left in (1, 0):
        assert (await _identified(wire))[0] == 0
        _, body = await wire.call("GET", "/gateway/bot")
        assert body["session_start_limit"]["remaining"] == left
    assert (await _identified(wire))[0] == -1
    assert wire.discord.token != token
    wire.discord.violations.clear()
