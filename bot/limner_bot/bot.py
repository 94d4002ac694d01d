"""Puts the parts together and keeps them running until somebody says stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import discord
import yarl

from limner_sdk import Catalogue, ConfigurationError, LimnerError

from .admission import Admission
from .board import Board
from .client import LimnerClient
from .database import Database, open_database
from .desk import Desk
from .dispatcher import CATALOGUE, Dispatcher, Workshop
from .doors import Doors
from .features import every_feature
from .house import House
from .ledger import Ledger
from .menu import Menu
from .outbox import Outbox
from .outcomes import Outcomes
from .settings import DISCORD_API, DISCORD_GATEWAY, Settings
from .shelf import Shelf
from .store import Store
from .words import Dictionary
from .worker import Patience, Worker

log = logging.getLogger(__name__)


class TokenRefused(LimnerError):
    """Discord does not know the bot's token."""


class Unreachable(LimnerError):
    """Discord cannot be used, and waiting does not help."""


async def serve(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. Raises `LimnerError`."""
    point_at(settings)
    settings.folder.create()
    with only_one(settings):
        async with open_database(settings.folder.database) as database:
            await _serve(settings, database)


def point_at(settings: Settings) -> None:
    """Make discord.py use other addresses than Discord's own."""
    if settings.api != DISCORD_API:
        discord.http.Route.BASE = settings.api.rstrip("/")
    if settings.gateway != DISCORD_GATEWAY:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway)


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder: two bots would share one queue. The lock ends with the process, however it ends."""
    lock = sqlite3.connect(settings.folder.root / "bot.lock", timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise ConfigurationError(f"another bot uses {settings.folder.root} already; stop it first") from None
        yield
    finally:
        lock.close()


async def _serve(settings: Settings, database: Database) -> None:
    store, ledger = Store(database), Ledger(database)
    kept = await ledger.recall(CATALOGUE)
    menu = Menu(_catalogue(kept), settings.buttons)
    shelf = Shelf(settings.folder.pictures)
    dictionary = Dictionary()
    client = LimnerClient(dictionary)
    doors = Doors(client, dictionary)
    # The board asks the dispatcher whether the host is ready, and the dispatcher shows progress on the board.
    board = Board(doors, ledger, dictionary, lambda: dispatcher.ready(), menu.label)
    outbox = Outbox(store, ledger, Outcomes(ledger, shelf, menu, dictionary), doors, board)
    dispatcher = Dispatcher(Workshop(store, ledger, shelf, menu, board, outbox, dictionary), settings.job_silence)
    patience = Patience(settings.start_silence, settings.silence)
    worker = Worker(settings.worker, patience, dispatcher.hear, dispatcher.lost)
    dispatcher.employ(worker)
    desk = Desk(store, ledger, board, outbox, dispatcher, doors.arrivals, Admission(menu))
    house = House(settings, store, ledger, shelf, menu, board, doors, outbox, dispatcher, dictionary, desk)
    client.open(every_feature(house), store, ledger)
    await _tidy(store, ledger, shelf)
    async with client:
        await _log_in(client, settings.token)
        await _run_until_stopped(
            _connect(client), worker.run(), dispatcher.run(), outbox.run(), _greet(ledger, board, dispatcher)
        )
        await board.close_all()


def _catalogue(kept: str | None) -> Catalogue | None:
    try:
        return Catalogue.model_validate_json(kept) if kept else None
    except ValueError:
        log.info("the catalogue of an earlier version is left aside")
        return None


async def _tidy(store: Store, ledger: Ledger, shelf: Shelf) -> None:
    """After whatever ended the last run: void attempts wait again, half-written files go."""
    resumed = await store.resume()
    ended = await ledger.jobs("queued", "failed", "cancelled")
    waiting = {job.folder: {job.upload} for job in ended if job.state == "queued" and job.upload}
    unfinished = [job.folder for job in ended if not job.grid and job.folder not in waiting]
    finished = {job.folder: {job.grid} for job in await ledger.jobs("rendered", "delivered") if job.grid}
    for job, files in finished.items():
        files.update(image.file for image in await ledger.images(job))
    removed = await asyncio.to_thread(shelf.clear, unfinished, finished | waiting)
    log.info("resumed %d jobs, removed %d leftovers", resumed, removed)


async def _log_in(client: discord.Client, token: str) -> None:
    try:
        await client.login(token)
    except discord.LoginFailure:
        raise TokenRefused(
            "Discord does not accept LIMNER_DISCORD_TOKEN; make a new one in its developer portal"
        ) from None
    except discord.HTTPException as error:
        raise Unreachable(f"Discord does not let the bot in: {error}") from error


async def _connect(client: discord.Client) -> None:
    """Stay connected; discord.py comes back by itself from whatever passes."""
    try:
        await client.connect()
    except discord.ConnectionClosed as error:
        raise Unreachable(f"Discord has ended the connection for good: {error}") from error


async def _greet(ledger: Ledger, board: Board, dispatcher: Dispatcher) -> None:
    """Tell those who waited through a restart that they still do."""
    dispatcher.wake()
    for job in await ledger.jobs("queued"):
        await board.show_place(job)


async def _run_until_stopped(*works: Coroutine[Any, Any, None]) -> None:
    """Run all of them; the end of `connect` or a signal ends the rest."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl+C ends asyncio.run.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(work) for work in works]
    waiting = asyncio.create_task(stop.wait())
    try:
        await _until_one_fails(tasks, waiting)
    finally:
        for task in (*tasks, waiting):
            task.cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)


async def _until_one_fails(tasks: list[asyncio.Task[None]], waiting: asyncio.Task[Any]) -> None:
    pending: set[asyncio.Task[Any]] = {*tasks, waiting}
    while True:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if waiting in done or tasks[0] in done:
            return
