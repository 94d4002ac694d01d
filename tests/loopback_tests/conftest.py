"""A loopback Discord with one guild, one channel, one user, and a running discord.py bot."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator

import aiohttp
import pytest

with warnings.catch_warnings():  # discord.py imports audioop, which Python 3.13 drops
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord as _discord  # noqa: F401

from tests.loopback import LoopbackDiscord, running
from tests.loopback_tests.studio import Studio
from tests.loopback_tests.studio_bot import StudioBot
from tests.loopback_tests.wire import Wire


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    """A bot in a guild; a test that breaks rules on purpose clears `violations` itself."""
    async with LoopbackDiscord() as loopback:
        guild = loopback.add_guild("studio")
        alice = loopback.add_user("alice")
        guild.add_member(alice)
        bot = StudioBot()
        async with running(bot, loopback):
            yield Studio(loopback, bot, guild, guild.add_channel("art"), alice)
        assert loopback.violations == []


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A bot without a library, whose two commands are registered."""
    async with LoopbackDiscord() as loopback, aiohttp.ClientSession() as http:
        guild = loopback.add_guild("studio")
        alice = loopback.add_user("alice")
        guild.add_member(alice)
        wire = Wire(loopback, http, guild, guild.add_channel("art"), alice)
        assert (await wire.register())[0] == 200
        yield wire
        assert loopback.violations == []
