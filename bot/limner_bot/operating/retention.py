"""Which pictures' files go when they are too old or too many, and how they go; their recipes stay."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.database import Database
from limner_sdk import LimnerError

from .sections import KeepSection

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 3600.0
_DAY: Final = 86400.0
_GIGABYTE: Final = 10**9
#: One transaction for so many; others wait no longer than that takes.
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Kept:
    """A job's file that lies on the disk; `image` is "" for its grid. `made` is in Unix seconds."""

    job: str
    file: str
    image: str
    bytes: int
    made: float
    needed: bool = False


@dataclass(frozen=True)
class Swept:
    """What was removed."""

    files: int
    bytes: int


def surplus(kept: Iterable[Kept], policy: KeepSection, now: float) -> list[Kept]:
    """The files to remove, oldest first: those that are too old, then as many as are too much for all together.

    What is needed is never among them, though it counts for the total.
    """
    files = sorted(kept, key=lambda file: (file.made, file.job, file.file))
    total, room = sum(file.bytes for file in files), policy.pictures_gigabytes * _GIGABYTE
    gone = []
    for file in files:
        is_old = bool(policy.pictures_days) and file.made < now - policy.pictures_days * _DAY
        is_too_much = bool(room) and total > room
        if not file.needed and (is_old or is_too_much):
            gone.append(file)
            total -= file.bytes
    return gone


async def sweep(database: Database, shelf: Shelf, policy: KeepSection, now: float) -> Swept:
    """Remove the files that `policy` does not keep. Raises `DiskFull` or `OSError`; another goes on from there."""
    if not policy.pictures_days and not policy.pictures_gigabytes:
        return Swept(0, 0)
    sizes = await asyncio.to_thread(_sizes, shelf.root)
    gone = surplus(await _kept(database, sizes), policy, now)
    removed: list[Kept] = []
    for start in range(0, len(gone), _AT_ONCE):
        batch = await _give_up(database, gone[start : start + _AT_ONCE], now)
        await asyncio.to_thread(_remove, shelf, batch)
        removed += batch
    return Swept(len(removed), sum(file.bytes for file in removed))


def _sizes(root: Path) -> dict[tuple[str, str], int]:
    """The bytes of each file, by job and name; what is on the disk counts, whatever the database says."""
    found = {}
    for path in root.glob("*/*"):
        try:
            found[path.parent.name, path.name] = path.lstat().st_size
        except FileNotFoundError:
            log.info("%s went while it was looked at", path)
    return found


_UNFINISHED: Final = "('queued', 'running', 'rendered')"
#: What must stay: unfinished jobs' own, what they are made from, and favourites.
_NEEDED: Final = f"""
    (jobs.state IN {_UNFINISHED} OR (jobs.state IN ('failed', 'cancelled') AND jobs.told = 0)
     OR images.id IN (SELECT image_id FROM favourites)
     OR images.id IN (SELECT source_id FROM jobs WHERE state IN {_UNFINISHED} AND source_id IS NOT NULL))
"""
_MADE: Final = "coalesce(jobs.finished, jobs.created) AS made"


def _images(where: str = "true") -> str:
    return f"""
        SELECT jobs.id AS job, images.file AS file, images.id AS image, {_MADE}, {_NEEDED} AS needed
        FROM images JOIN jobs ON jobs.id = images.job_id WHERE {where}
    """


def _grids(where: str = "true") -> str:
    """A grid stays as long as one of its pictures is needed."""
    return f"""
        SELECT jobs.id AS job, jobs.grid AS file, '' AS image, {_MADE}, max({_NEEDED}) AS needed
        FROM jobs JOIN images ON images.job_id = jobs.id WHERE jobs.grid <> '' AND {where} GROUP BY jobs.id
    """


async def _kept(database: Database, sizes: Mapping[tuple[str, str], int]) -> list[Kept]:
    found: dict[tuple[str, str], Kept] = {}
    for sql in (_grids(), _images()):
        for row in await database.rows(sql):
            place = row["job"], row["file"]
            if place in sizes:
                # A single picture is its own grid.
                found[place] = Kept(*place, row["image"], sizes[place], row["made"], bool(row["needed"]))
    return list(found.values())


async def _give_up(database: Database, files: Sequence[Kept], now: float) -> list[Kept]:
    """Write first that files are gone: killed in between, nobody is promised a picture that is not there.

    Those that have become needed since are left out.
    """

    def body(db: sqlite3.Connection) -> list[Kept]:
        given = []
        for file in files:
            sql = _images("images.id = ?") if file.image else _grids("jobs.id = ?")
            row = db.execute(sql, (file.image or file.job,)).fetchone()
            if row is not None and not row["needed"]:
                db.execute("UPDATE images SET gone = coalesce(gone, ?) WHERE id = ?", (now, file.image))
                given.append(file)
        return given

    return await database.write(body)


def _remove(shelf: Shelf, files: Iterable[Kept]) -> None:
    for file in files:
        path = shelf.path(file.job, file.file)
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


async def keep_sweeping(
    database: Database, shelf: Shelf, policy: KeepSection, now: Callable[[], float] = time.time
) -> None:
    """Sweep for ever, once an hour."""
    while True:
        try:
            swept = await sweep(database, shelf, policy, now())
            if swept.files:
                log.info("%d files of old pictures were removed, %.1f MB", swept.files, swept.bytes / 1e6)
        except (LimnerError, OSError, sqlite3.Error):
            # The bot lives on without it, and the next sweep begins where this one ended.
            log.exception("old pictures could not be removed")
        await asyncio.sleep(EVERY_SECONDS)
