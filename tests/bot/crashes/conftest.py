"""Fixtures of the crash tests: a scene whose bot is not started yet, so that a test may choose the program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bot.bench import furnished
from tests.bot.crashes.journal import Journal
from tests.bot.crashes.scene import Scene
from tests.loopback import LoopbackDiscord


@pytest.fixture
async def scene(tmp_path: Path, worker_command: tuple[str, ...]) -> AsyncIterator[Scene]:
    """A server with people and a journal; whatever bot runs at the end is killed."""
    async with LoopbackDiscord() as discord:
        journal = Journal(tmp_path / "journal.jsonl")
        discord.world.watch(journal.watch)
        bench = furnished(discord, tmp_path, worker_command)
        scene = Scene(bench, journal)
        try:
            yield scene
        finally:
            if bench.bot is not None and bench.bot.poll() is None:
                bench.bot.kill()
                bench.bot.wait(10)
            journal.close()
        scene.forgive()
        assert discord.violations == []


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of everything that strikes at random: the option --seed."""
    return int(request.config.getoption("--seed"))
