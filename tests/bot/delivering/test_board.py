"""What those who wait are shown, and what that costs when many wait."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.bot.test_eta import FLAT, Host, wait_in_line

from limner_bot.delivering import board as module
from limner_bot.delivering.board import Board
from limner_bot.delivering.posts import Post
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store
from limner_bot.words import Dictionary
from limner_bot.working.outlook import Outlook
from limner_sdk.messages import Progress


class Doors:
    """Discord: it keeps what was shown."""

    def __init__(self) -> None:
        self.shown: dict[str, list[str]] = {}

    async def refresh(self, job: Job, post: Post) -> None:
        self.shown.setdefault(job.id, []).append(post.content.partition("\n")[2])


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def board(database: Database, doors: Doors, host: Host, monkeypatch: pytest.MonkeyPatch) -> Board:
    monkeypatch.setattr("limner_bot.delivering.progress.SPACING", 0.01)
    outlook = Outlook(database, lambda: host, lambda: FLAT)
    anything: Any = doors
    return Board(anything, Ledger(database), Dictionary(), outlook, str)


async def settled(board: Board) -> None:
    """Let everything that is to be shown be shown."""
    await asyncio.sleep(0.1)


async def test_a_place_comes_with_the_time_until_it_is_done(database: Database, board: Board, doors: Doors) -> None:
    first, second = await wait_in_line(database, 2, work=40.0)
    await board.show_places(await Ledger(database).jobs("queued"))
    await settled(board)
    assert doors.shown[first] == ["Next in the queue. About 1 min left."]
    assert doors.shown[second] == ["Place 2 in the queue. About 3 min left."]
    await board.close_all()


async def test_who_is_paused_is_told_no_time(database: Database, board: Board, doors: Doors) -> None:
    (only,) = await wait_in_line(database, 1)
    await Store(database).pause(0, by=1)
    await board.show_places(await Ledger(database).jobs("queued"))
    await settled(board)
    assert doors.shown[only] == ["The queue is paused; it waits for a moderator."]
    await board.close_all()


async def test_the_head_of_the_line_moves_up_when_something_ends(
    database: Database, board: Board, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY_SECONDS", 60.0)
    ids = await wait_in_line(database, 20)
    await board.show_places(await Ledger(database).jobs("queued"))
    running = asyncio.create_task(board.run())
    await settled(board)
    await Store(database).cancel(ids[0], by=1)
    board.refresh()
    await asyncio.sleep(2.0)
    assert doors.shown[ids[1]][-1].startswith("Next in the queue.")
    assert doors.shown[ids[9]][-1].startswith("Place 9 ")
    # Beyond the head nobody is disturbed.
    assert len(doors.shown[ids[15]]) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await board.close_all()


async def test_times_are_told_anew_though_nothing_moves(
    database: Database, board: Board, doors: Doors, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.1)
    (only,) = await wait_in_line(database, 1)
    await board.show_places(await Ledger(database).jobs("queued"))
    running = asyncio.create_task(board.run())
    host.loaded = "another:model"
    await asyncio.sleep(2.2)
    assert doors.shown[only] == ["Next in the queue. About 10 s left.", "Next in the queue. About 20 s left."]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await board.close_all()


async def test_progress_says_what_is_left_if_that_is_known(database: Database, board: Board, doors: Doors) -> None:
    await wait_in_line(database, 1)
    job = await Store(database).start_next()
    assert job is not None
    board.show_progress(job, Progress(job=job.id, attempt=1, stage="sample", done=0.5), 31.0)
    await settled(board)
    assert doors.shown[job.id] == ["▰▰▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱ 50% (drawing) About 30 s left."]
    await board.show_place(job)
    await settled(board)
    assert len(doors.shown[job.id]) == 1
    await board.close_all()
