"""Keeps the parts running until somebody says stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import discord
import yarl

from limner_bot.operating.backups import keep_backups
from limner_bot.operating.integrity import intact
from limner_bot.operating.logs import listen_to
from limner_bot.operating.metrics import Metrics, look, watch_loop
from limner_bot.operating.metrics_server import serve_metrics
from limner_bot.operating.retention import keep_sweeping
from limner_bot.operating.settings import DISCORD_API, DISCORD_GATEWAY, Settings
from limner_bot.operating.space import Space, watch_space
from limner_bot.pictures.darkroom import Darkroom
from limner_bot.queue.database import Database, open_database
from limner_bot.queue.fading import FadingList
from limner_sdk import ConfigurationError, DiskFull, LimnerError
from limner_sdk.folders import DataFolder

from .assembly import Machine, assemble
from .erasing import Erasing
from .fader import Fader
from .house import House
from .leaving import leave
from .spares import Spares
from .starting import greet, tidy

log = logging.getLogger(__name__)

Work: TypeAlias = Coroutine[Any, Any, None]

#: How Discord ends a connection whose token it does not know.
_BAD_TOKEN: Final = 4004
#: A disk that is full or fails may be better later.
_PASSING: Final = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE}
_REFUSED: Final = "Discord does not accept LIMNER_DISCORD_TOKEN; make a new one in its developer portal"


class TokenRefused(ConfigurationError):
    """Discord does not know the bot's token."""


class Unreachable(LimnerError):
    """Discord cannot be used, and waiting does not help."""


async def serve(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. Raises `LimnerError`."""
    point_at(settings)
    _make_folder(settings.folder)
    with only_one(settings), intact(settings):
        async with open_database(settings.folder.database) as database:
            await _serve(settings, database)


def _make_folder(folder: DataFolder) -> None:
    try:
        folder.create()
    except OSError as error:
        if error.errno in _PASSING:
            raise
        reason = f"{error.filename or folder.root}: {error.strerror or error}"
        raise ConfigurationError(f"the data folder {folder.root} cannot be made ({reason}); choose another") from None


def point_at(settings: Settings) -> None:
    """Make discord.py use other addresses than Discord's own."""
    if settings.api != DISCORD_API:
        discord.http.Route.BASE = settings.api.rstrip("/")
    if settings.gateway != DISCORD_GATEWAY:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway)


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder: two bots would share one queue. The lock ends with the process, however it ends."""
    with _lock_errors(settings.folder.root):
        lock = sqlite3.connect(settings.folder.root / "bot.lock", timeout=0, isolation_level=None)
    try:
        with _lock_errors(settings.folder.root):
            lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


@contextmanager
def _lock_errors(folder: Path) -> Iterator[None]:
    """Only a lock that is held means another bot; the rest may pass, and a service manager tries again."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ConfigurationError(f"another bot uses {folder} already; stop it first") from None
        raise DiskFull(f"{folder} cannot be locked now, its disk may be full or read-only: {error}") from error


async def _serve(settings: Settings, database: Database) -> None:
    metrics, space = Metrics.fresh(), Space.of(settings)
    listen_to(asyncio.get_running_loop(), metrics.swallowed.labels("task").inc)
    async with Darkroom(count=lambda kind, outcome: metrics.darkroom_tasks.labels(kind, outcome).inc()) as darkroom:
        bot = await assemble(settings, database, Machine(darkroom, metrics, space))
        house = bot.house
        await tidy(house.store, house.ledger, house.shelf)
        async with bot.client:
            await _log_in(bot.client, settings.token)
            await _run_until_stopped(
                partial(leave, house),
                _connect(bot.client),
                bot.worker.run(),
                house.dispatcher.run(),
                house.outbox.run(),
                house.board.run(),
                greet(house.ledger, house.board, house.dispatcher),
                Erasing(house, bot.client).run(),
                Fader(FadingList(database), bot.client).run(),
                Spares(database, settings.folder.inputs).run(),
                *_background(house, bot.client),
            )
            await house.board.close_all()


def _background(house: House, client: discord.Client) -> tuple[Coroutine[Any, Any, None], ...]:
    """What goes on beside the jobs, for ever."""
    settings, metrics = house.settings, house.metrics

    async def refresh() -> None:
        await look(metrics, house.database, settings.folder.database, house.space.free)

    return (
        keep_backups(settings),
        keep_sweeping(house.database, house.shelf, settings.keep),
        watch_space(house.space),
        watch_loop(metrics),
        serve_metrics(metrics, settings.metrics, refresh, lambda: "; ".join(ailments(house, client))),
    )


def ailments(house: House, client: discord.Client) -> Iterator[str]:
    """What keeps people from their pictures now."""
    if client.is_closed() or client.ws is None or not client.ws.open:
        yield "Discord is not connected"
    if not house.gate.is_open:
        yield "no jobs are taken"
    if not house.dispatcher.ready():
        yield "the worker is not ready"
    try:
        house.space.require()
    except (DiskFull, OSError) as error:
        yield str(error)


async def _log_in(client: discord.Client, token: str) -> None:
    try:
        await client.login(token)
    except discord.LoginFailure:
        raise TokenRefused(_REFUSED) from None
    except discord.HTTPException as error:
        raise Unreachable(f"Discord does not let the bot in: {error}") from error


async def _connect(client: discord.Client) -> None:
    """Stay connected; discord.py comes back by itself from whatever passes."""
    try:
        await client.connect()
    except discord.ConnectionClosed as error:
        if error.code == _BAD_TOKEN:
            raise TokenRefused(_REFUSED) from error
        raise Unreachable(f"Discord has ended the connection for good: {error}") from error


async def _run_until_stopped(farewell: Callable[[], Work], *works: Work) -> None:
    """Run all of them. The end of `connect` ends the rest, and so does a signal, after the `farewell`, which a second
    signal cuts short."""
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl+C ends asyncio.run.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, lambda: hurry.set() if stop.is_set() else stop.set())
    tasks = [asyncio.create_task(work) for work in works]
    waiting: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    try:
        if await _until_one_fails(tasks, waiting):
            waiting = asyncio.create_task(_cut_short(farewell(), hurry))
            await _until_one_fails(tasks, waiting)
    finally:
        for task in (*tasks, waiting):
            task.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)


async def _until_one_fails(tasks: list[asyncio.Task[None]], waiting: asyncio.Task[Any]) -> bool:
    """Whether `waiting` was the first to end, and not the connection."""
    pending: set[asyncio.Task[Any]] = {*tasks, waiting}
    while True:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if waiting in done or tasks[0] in done:
            return waiting in done


async def _cut_short(work: Coroutine[Any, Any, None], hurry: asyncio.Event) -> None:
    """Do it until it is done, or there is no more time for it."""
    working, hurried = asyncio.create_task(work), asyncio.create_task(hurry.wait())
    try:
        await asyncio.wait((working, hurried), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, hurried):
            task.cancel()
        await asyncio.gather(working, hurried, return_exceptions=True)
