"""Running a discord.py bot inside the test's own process, pointed at the loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from .server import LoopbackDiscord

if TYPE_CHECKING:
    from discord import Client


@contextlib.contextmanager
def pointed_at(loopback: LoopbackDiscord) -> Iterator[None]:
    """Let discord.py talk to the loopback instead of Discord while the context lasts."""
    import yarl
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = loopback.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(loopback.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@contextlib.asynccontextmanager
async def running(bot: Client, loopback: LoopbackDiscord) -> AsyncIterator[None]:
    """Start a bot, wait until it is connected, and close it at the end."""
    with pointed_at(loopback):
        task = asyncio.create_task(bot.start(loopback.token))
        try:
            await loopback.wait_until_ready()
            yield
        finally:
            await bot.close()
            await asyncio.wait([task])
