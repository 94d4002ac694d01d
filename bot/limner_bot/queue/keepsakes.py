"""What people decide about pictures that are there: favourites, privacy, and that they go for good."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from limner_bot.pictures.shelf import DamagedResult, Shelf

from .database import Database
from .records import Job, Origin

log = logging.getLogger(__name__)

#: How many messages that derive from one that goes lose their link to it.
MOST_CHILDREN: Final = 10
MOST_COPIES: Final = 25
_UNFINISHED: Final = "('arriving', 'queued', 'running', 'rendered')"
_OF_JOB: Final = "source_id IN (SELECT id FROM images WHERE job_id = ?)"
_GONE: Final = f"""
    SELECT images.job_id AS job, images.file AS file, jobs.grid AS grid, images.gone AS gone, images.id IN
        (SELECT source_id FROM jobs WHERE state IN {_UNFINISHED} AND source_id IS NOT NULL) AS needed
    FROM images JOIN jobs ON jobs.id = images.job_id
"""


class File(NamedTuple):
    """A file in a job's folder."""

    job: str
    name: str


@dataclass(frozen=True)
class Keepsakes:
    """Changes the database alone; messages and files are others' business."""

    database: Database
    now: Callable[[], float] = time.time

    async def favour(self, user: int, image: str) -> bool:
        """Make a picture one of somebody's favourites, or no longer; whether it is one now."""

        def body(db: sqlite3.Connection) -> bool:
            where = "user_id = ? AND image_id = ?"
            if db.execute(f"DELETE FROM favourites WHERE {where}", (user, image)).rowcount:
                return False
            sql = "INSERT INTO favourites (user_id, image_id, since) VALUES (?, ?, ?)"
            return db.execute(sql, (user, image, self.now())).rowcount == 1

        return await self.database.write(body)

    async def meant(self, job: str, message_id: int | None) -> str:
        """The job that a click is about: a message that only shows a picture of `job` again is a job of its own."""
        sql = f"SELECT id FROM jobs WHERE message_id = ? AND kind = 'single' AND {_OF_JOB}"
        rows = await self.database.rows(sql, (message_id, job))
        return str(rows[0]["id"]) if rows else job

    async def copies(self, job: str) -> list[Job]:
        """Public messages that show the pictures of `job` again, newest first."""
        which = f"kind = 'single' AND private = 0 AND {_OF_JOB}"
        return await self._delivered(which, job, MOST_COPIES)

    async def children(self, job: str) -> list[Job]:
        """Public messages with pictures that derive from those of `job`, newest first."""
        return await self._delivered(f"kind != 'single' AND private = 0 AND {_OF_JOB}", job, MOST_CHILDREN)

    async def _delivered(self, which: str, job: str, most: int) -> list[Job]:
        shown = "state = 'delivered' AND message_id IS NOT NULL"
        sql = f"SELECT * FROM jobs WHERE {shown} AND {which} ORDER BY number DESC LIMIT ?"
        return [Job.of(row) for row in await self.database.rows(sql, (job, most))]

    async def make_private(self, job: Job, origin: Origin, part: int) -> bool:
        """Nobody but its owner may use a job's pictures any more, and they are posted to the owner once more, by the
        token of the interaction that wanted it. Whether that is news."""
        sql = (
            "UPDATE jobs SET private = 1, pinged = 1, state = 'rendered', told = 0, message_id = NULL, token = ?,"
            " token_expires = ?, interaction_id = ?, part = ?, size_limit = ?, locale = ?"
            " WHERE id = ? AND state = 'delivered' AND private = 0"
        )
        values = (
            *(origin.token, origin.token_expires, origin.interaction_id, part, origin.size_limit, origin.locale),
            job.id,
        )
        return await self.database.write(lambda db: db.execute(sql, values).rowcount == 1)

    async def give_up(self, job: Job) -> list[File]:
        """A job's message is there no more, nor are its pictures, unless it only showed them again; their recipes stay.

        The files that may be removed now; those that unfinished jobs are made from are `leftovers` later.
        """

        def body(db: sqlite3.Connection) -> list[File]:
            db.execute("UPDATE jobs SET message_id = NULL WHERE id = ?", (job.id,))
            if job.kind == "single":
                return []
            db.execute(f"UPDATE jobs SET message_id = NULL WHERE kind = 'single' AND {_OF_JOB}", (job.id,))
            db.execute("UPDATE images SET gone = coalesce(gone, ?) WHERE job_id = ?", (self.now(), job.id))
            return _free(db.execute(f"{_GONE} WHERE images.job_id = ?", (job.id,)).fetchall())

        return await self.database.write(body)

    async def leftovers(self, job: str) -> tuple[list[File], bool]:
        """The files of a job that was given up which may be removed now, and whether there are others still."""
        rows = await self.database.rows(f"{_GONE} WHERE images.job_id = ?", (job,))
        return _free(rows), any(row["needed"] for row in rows)

    async def all_leftovers(self) -> list[File]:
        """The same for all jobs; most of these files are gone already."""
        which = "WHERE images.job_id IN (SELECT job_id FROM images WHERE gone IS NOT NULL)"
        return _free(await self.database.rows(f"{_GONE} {which}"))


def _free(rows: Iterable[sqlite3.Row]) -> list[File]:
    """Files of pictures that are given up and not needed, and grids all of whose pictures are."""
    rows = list(rows)
    kept = {row["job"] for row in rows if row["needed"] or row["gone"] is None}
    files = {File(row["job"], row["file"]) for row in rows if not row["needed"] and row["gone"] is not None}
    grids = {File(row["job"], row["grid"]) for row in rows if row["grid"] and row["job"] not in kept}
    return sorted(files | grids)


def remove_files(shelf: Shelf, files: Iterable[File]) -> None:
    """Remove files, and folders that are empty then. Blocks; raises `OSError`."""
    for file in files:
        try:
            path = shelf.path(*file)
        except DamagedResult as error:
            log.warning("a file of job %s is left: %s", file.job, error)
            continue
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
