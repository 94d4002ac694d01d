"""Fixtures of the bot's tests. `bench` runs with any worker: override `worker_command` to use the real one."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

with warnings.catch_warnings():  # discord.py imports audioop, which Python 3.13 drops
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord as _discord  # noqa: F401

from tests.bot.bench import STUB_HOST, Bench, furnished
from tests.loopback import LoopbackDiscord

from limner_bot.queue.database import Database, open_database


@pytest.fixture
def worker_command() -> tuple[str, ...]:
    """The host's command line."""
    return STUB_HOST


@pytest.fixture
def operators() -> tuple[str, ...]:
    """Who of alice, bob and admin runs the bot: nobody, unless a file overrides it."""
    return ()


@pytest.fixture
async def bench(
    tmp_path: Path, worker_command: tuple[str, ...], operators: tuple[str, ...]
) -> AsyncIterator[Bench]:
    """A running bot; a test that makes Discord refuse something clears `violations` itself."""
    async with LoopbackDiscord() as discord:
        bench = furnished(discord, tmp_path, worker_command)
        bench.extra["LIMNER_OPERATORS"] = ",".join(str(getattr(bench, name).id) for name in operators)
        try:
            await bench.start()
            yield bench
        finally:
            if bench.bot is not None and bench.bot.poll() is None:
                bench.bot.kill()
                bench.bot.wait(10)
        assert discord.violations == []


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    async with open_database(tmp_path / "limner.sqlite3") as opened:
        yield opened
