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
from .fading import Fading, enter
from .records import Job, Origin

log = logging.getLogger(__name__)

#: How many messages that derive from one that goes lose their link to it.
MOST_CHILDREN: Final = 10
_SHOWN: Final = "state = 'delivered' AND message_id IS NOT NULL"
_UNFINISHED: Final = "('arriving', 'queued', 'running', 'rendered')"
_OF_JOB: Final = "source_id IN (SELECT id FROM images WHERE job_id = ?)"
#: Public messages that show the pictures of a job again.
_COPIES: Final = f"SELECT * FROM jobs WHERE {_SHOWN} AND kind = 'single' AND private = 0 AND {_OF_JOB}"
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

    async def children(self, job: str) -> list[Job]:
        """Public messages with pictures that derive from those of `job`, newest first."""
        which = f"{_SHOWN} AND kind != 'single' AND private = 0 AND {_OF_JOB}"
        sql = f"SELECT * FROM jobs WHERE {which} ORDER BY number DESC LIMIT {MOST_CHILDREN}"
        return [Job.of(row) for row in await self.database.rows(sql, (job,))]

    async def make_private(self, job: Job, origin: Origin, part: int, farewell: Callable[[str], str]) -> bool:
        """Nobody but its owner may use a job's pictures any more, and they are posted to the owner once more, by the
        token of the interaction that wanted it. Whether that is news.

        All public messages with them are to be emptied from now on; `farewell` is what stays there, by its language.
        """
        sql = (
            "UPDATE jobs SET private = 1, pinged = 1, state = 'rendered', told = 0, message_id = NULL, token = ?,"
            " token_expires = ?, interaction_id = ?, part = ?, size_limit = ?, locale = ?"
            " WHERE id = ? AND state = 'delivered' AND private = 0"
        )
        values = (
            *(origin.token, origin.token_expires, origin.interaction_id, part, origin.size_limit, origin.locale),
            job.id,
        )

        def body(db: sqlite3.Connection) -> bool:
            is_news = db.execute(sql, values).rowcount == 1
            if is_news:
                _fade(db, (job, *_copies(db, job)), farewell)
                _forget_copies(db, job)
            return is_news

        return await self.database.write(body)

    async def give_up(self, job: Job) -> list[File]:
        """A job's message is there no more, nor are its pictures, unless it only showed them again; their recipes stay.

        Messages that show its pictures again are to be deleted from now on. The files that may be removed now; those
        that unfinished jobs are made from are `leftovers` later.
        """

        def body(db: sqlite3.Connection) -> list[File]:
            _fade(db, _copies(db, job), lambda _: "")
            db.execute("UPDATE jobs SET message_id = NULL WHERE id = ?", (job.id,))
            if job.kind == "single":
                return []
            _forget_copies(db, job)
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


def _copies(db: sqlite3.Connection, job: Job) -> list[Job]:
    """Those whose public messages show the pictures of `job` again."""
    return [] if job.kind == "single" else [Job.of(row) for row in db.execute(_COPIES, (job.id,)).fetchall()]


def _fade(db: sqlite3.Connection, jobs: Iterable[Job], farewell: Callable[[str], str]) -> None:
    """Enter the messages of jobs; what stays of each is told by its language."""
    for job in jobs:
        if job.message_id is not None and job.is_reached:
            enter(db, Fading(job.channel_id, job.message_id, farewell(job.locale)))


def _forget_copies(db: sqlite3.Connection, job: Job) -> None:
    """What is posted once more can be used where it is, and these no longer show anything."""
    db.execute(f"UPDATE jobs SET message_id = NULL WHERE kind = 'single' AND {_OF_JOB}", (job.id,))


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
