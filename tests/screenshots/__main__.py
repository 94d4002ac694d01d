"""A Discord on loopback, the real bot with the real worker and Pocket, two members and an administrator."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bot.bench import Bench
from tests.loopback import LoopbackDiscord, Permission

from . import admins, members
from .camera import Camera

WORKER = (sys.executable, "-m", "limner_host.worker")


async def main(folder: Path) -> None:
    """Take all of them."""
    camera = Camera(folder)
    with TemporaryDirectory(prefix="limner-") as data:
        async with LoopbackDiscord() as discord:
            bench = _studio(discord, Path(data))
            try:
                await bench.start()
                await _act(bench, camera)
            finally:
                if bench.bot is not None:
                    await bench.stop()
            print(*discord.violations, sep="\n")


async def _act(bench: Bench, camera: Camera) -> None:
    await members.typing(bench, camera)
    message = await members.grid(bench, camera)
    picture = await members.single(bench, camera, message)
    await _carefully(members.remix(bench, camera, message))
    await _carefully(members.several(bench, camera))
    await _carefully(members.private(bench, camera))
    await _carefully(members.context(bench, camera, picture))
    await _carefully(members.languages(bench, camera))
    await _carefully(admins.panel(bench, camera))
    await _carefully(admins.deciding(bench, camera))


async def _carefully(act: Awaitable[None]) -> None:
    """One that fails is told of, and costs only its own pictures."""
    try:
        await act
    except Exception:
        traceback.print_exc()


def _studio(discord: LoopbackDiscord, data: Path) -> Bench:
    guild = discord.add_guild("studio")
    ada, ben, mira = (discord.add_user(name) for name in ("ada", "ben", "mira"))
    guild.add_member(ada)
    guild.add_member(ben)
    guild.add_member(mira, permissions=Permission.MANAGE_GUILD)
    device = {"LIMNER_DEVICE": "cpu"}
    return Bench(discord, guild, guild.add_channel("art"), ada, ben, mira, data, WORKER, device)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
