"""What is done once after a start: leftovers of the last run go, and those who waited through it are told."""

from __future__ import annotations

import asyncio
import logging

from .board import Board
from .dispatcher import Dispatcher
from .ledger import Ledger
from .shelf import Shelf
from .store import Store

log = logging.getLogger(__name__)


async def tidy(store: Store, ledger: Ledger, shelf: Shelf) -> None:
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


async def greet(ledger: Ledger, board: Board, dispatcher: Dispatcher) -> None:
    """Tell those who waited through a restart that they still do."""
    dispatcher.wake()
    for job in await ledger.jobs("queued"):
        await board.show_place(job)
