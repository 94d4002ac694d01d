"""Connections that break, sessions that end, and bots that are killed."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.loopback import LoopbackDiscord
from tests.loopback_tests.studio import Studio
from tests.loopback_tests.wire import Wire

ROOT = Path(__file__).parents[2]


async def _answers(studio: Studio) -> bool:
    interaction = await studio.alice.slash(studio.channel, "queue pause")
    return bool(await interaction.response())


async def test_a_broken_connection_is_resumed_and_missed_events_are_replayed(
    studio: Studio,
) -> None:
    studio.discord.drop_connections()
    await studio.discord.wait_until_gone()
    assert await _answers(studio)
    assert (studio.discord.gateway.identifies, studio.discord.gateway.resumes) == (1, 1)


async def test_a_requested_reconnect_is_followed_by_a_resume(studio: Studio) -> None:
    studio.discord.request_reconnect()
    await studio.discord.wait_until(lambda: studio.discord.gateway.resumes == 1)
    assert await _answers(studio)


async def test_an_invalid_session_may_be_resumable(studio: Studio) -> None:
    studio.discord.invalidate_session(resumable=True)
    await studio.discord.wait_until(lambda: studio.discord.gateway.resumes == 1)
    assert await _answers(studio)


async def test_a_session_that_ended_cannot_be_resumed(wire: Wire) -> None:
    async with wire.http.ws_connect(wire.discord.gateway_url) as socket:
        assert (await socket.receive_json())["op"] == 10
        resume = {"token": wire.discord.token, "session_id": "gone", "seq": 1}
        await socket.send_json({"op": 6, "d": resume})
        answer = await socket.receive_json()
        assert (answer["op"], answer["d"]) == (9, False)


def _identify(token: str, intents: int = 1) -> dict[str, Any]:
    return {"op": 2, "d": {"token": token, "intents": intents, "properties": {}}}


async def _close_code(wire: Wire, frame: dict[str, Any], times: int = 1) -> int | None:
    async with wire.http.ws_connect(wire.discord.gateway_url) as socket:
        for _ in range(times):
            await socket.send_json(frame)
        async for _ in socket:
            continue
        wire.discord.violations.clear()
        return socket.close_code


async def test_the_gateway_closes_with_discords_codes(wire: Wire) -> None:
    assert await _close_code(wire, _identify("wrong")) == 4004
    assert await _close_code(wire, _identify(wire.discord.token, 1 << 15)) == 4014
    assert await _close_code(wire, {"op": 3, "d": {}}) == 4003
    assert await _close_code(wire, {"op": 1, "d": "x" * 4096}) == 4002
    assert await _close_code(wire, {"op": 1, "d": None}, times=121) == 4008
    assert await _close_code(wire, {"op": 99}) == 4001


async def test_a_bot_without_a_heartbeat_is_disconnected() -> None:
    async with LoopbackDiscord(heartbeat_interval=0.05) as discord, aiohttp.ClientSession() as http:
        async with http.ws_connect(discord.gateway_url) as socket:
            async for _ in socket:
                continue
            assert socket.close_code == 4009
        assert [violation.code for violation in discord.violations] == [4009]


async def test_waiting_for_what_never_comes_names_it(wire: Wire) -> None:
    with pytest.raises(TimeoutError, match="the bot to connect"):
        await wire.discord.wait_until_ready(timeout=0.01)


BOT_PROCESS = """
import os, warnings, yarl
warnings.simplefilter("ignore")
import discord
from tests.loopback_tests.studio_bot import StudioBot
discord.http.Route.BASE = os.environ["LIMNER_DISCORD_API"]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["LIMNER_DISCORD_GATEWAY"])
StudioBot().run(os.environ["LIMNER_DISCORD_TOKEN"], log_handler=None)
"""


async def _start(discord: LoopbackDiscord) -> asyncio.subprocess.Process:
    environment = {**os.environ, **discord.environment(), "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOT_PROCESS, cwd=ROOT, env=environment
    )
    await discord.wait_until_ready()
    return process


async def _kill(process: asyncio.subprocess.Process, discord: LoopbackDiscord) -> None:
    process.kill()
    await process.wait()
    await discord.wait_until_gone()


async def test_a_killed_bot_starts_again_and_its_old_buttons_work() -> None:
    async with LoopbackDiscord() as discord:
        guild, alice = discord.add_guild("studio"), discord.add_user("alice")
        guild.add_member(alice)
        channel = guild.add_channel("art")
        process = await _start(discord)
        message = await (await alice.slash(channel, "imagine", prompt="x")).final_response()
        await _kill(process, discord)
        process = await _start(discord)
        pressed = await alice.press(message, "U1")
        assert (await pressed.final_response()).content == "upscaled 1"
        await _kill(process, discord)
        assert discord.gateway.identifies == 2
        assert discord.violations == []
