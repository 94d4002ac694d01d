"""What is done once after a start: leftovers of the last run go, and those who waited through it are told."""

from __future__ import annotations

import asyncio
import logging

from limner_bot.delivering.board import Board
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.keepsakes import Keepsakes, remove_files
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.store import Store
from limner_bot.working.dispatcher import Dispatcher

log = logging.getLogger(__name__)


async def tidy(store: Store, ledger: Ledger, shelf: Shelf) -> None:
    """After whatever ended the last run: void attempts wait again, half-written files go."""
    resumed = await store.resume()
    ended = await ledger.jobs("queued", "failed", "cancelled")
    # A grid goes on with the cells that it has.
    going_on = {job.folder for job in ended if job.state == "queued" and job.wish}
    waiting = {job.folder: set(job.uploads) for job in ended if job.state == "queued" and job.uploads and not job.wish}
    unfinished = [job.folder for job in ended if not job.grid and job.folder not in {*waiting, *going_on}]
    finished = {job.folder: {job.grid} for job in await ledger.jobs("rendered", "delivered") if job.grid}
    for job, files in finished.items():
        files.update(image.file for image in await ledger.images(job))
    await asyncio.to_thread(remove_files, shelf, await Keepsakes(store.database).all_leftovers())
    drafts = Drafts(store.database)
    await drafts.tidy()
    strays = await asyncio.to_thread(shelf.strays, await ledger.job_ids() | await drafts.ids())
    removed = await asyncio.to_thread(shelf.clear, [*unfinished, *strays], finished | waiting)
    log.info("resumed %d jobs, removed %d leftovers", resumed, removed)


async def greet(ledger: Ledger, board: Board, dispatcher: Dispatcher) -> None:
    """Tell those who waited through a restart that they still do."""
    dispatcher.wake()
    await board.show_places(await ledger.jobs("queued"))
