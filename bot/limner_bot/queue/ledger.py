"""What stands in the database: jobs, the line and pictures. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .database import Database
from .line import ACCOUNTS, CLOCK_SQL, LINE, accounts_of, in_line
from .records import Image, Job

UNTOLD: Final = "state = 'rendered' OR (state IN ('failed', 'cancelled') AND told = 0)"


@dataclass(frozen=True)
class Ledger:
    """Reads on a connection of its own."""

    database: Database

    async def job(self, job: str) -> Job | None:
        """The job of this id."""
        rows = await self.database.rows("SELECT * FROM jobs WHERE id = ?", (job,))
        return Job.of(rows[0]) if rows else None

    async def shown_in(self, message: int) -> Job | None:
        """The job whose outcome this message shows."""
        rows = await self.database.rows("SELECT * FROM jobs WHERE message_id = ? ORDER BY number", (message,))
        return Job.of(rows[0]) if rows else None

    async def jobs(self, *states: str) -> list[Job]:
        """All jobs in these states, oldest first."""
        marks = ", ".join("?" * len(states))
        rows = await self.database.rows(f"SELECT * FROM jobs WHERE state IN ({marks}) ORDER BY number", states)
        return [Job.of(row) for row in rows]

    async def job_ids(self) -> set[str]:
        """The ids of all jobs."""
        return {row["id"] for row in await self.database.rows("SELECT id FROM jobs")}

    async def line(self, loaded: str = "", most: int | None = None) -> list[str]:
        """The ids of waiting jobs, next one first; those of paused servers are left out."""
        rows = await self.database.rows(LINE)
        accounts = accounts_of(await self.database.rows(ACCOUNTS), await self.database.rows(CLOCK_SQL))
        return in_line(rows, accounts, loaded, most)

    async def untold(self) -> list[str]:
        """The ids of jobs whose outcome Discord does not show yet, oldest first."""
        rows = await self.database.rows(f"SELECT id FROM jobs WHERE {UNTOLD} ORDER BY number")
        return [row["id"] for row in rows]

    async def image(self, image: str) -> Image | None:
        """The picture of this id."""
        rows = await self.database.rows("SELECT * FROM images WHERE id = ?", (image,))
        return Image.of(rows[0]) if rows else None

    async def image_of(self, digest: str) -> Image | None:
        """The picture whose file has this SHA-256."""
        rows = await self.database.rows("SELECT * FROM images WHERE digest = ? ORDER BY number LIMIT 1", (digest,))
        return Image.of(rows[0]) if rows else None

    async def posted_in(self, image: str, channel: int | None) -> bool:
        """Whether somebody has posted a picture once more in this channel."""
        sql = "SELECT 1 FROM jobs WHERE source_id = ? AND kind = 'single' AND private = 0"
        where = f"{sql} AND state IN ('rendered', 'delivered') AND message_id IS NOT NULL AND channel_id = ? LIMIT 1"
        return bool(await self.database.rows(where, (image, channel)))

    async def images(self, job: str) -> list[Image]:
        """A job's pictures, in order."""
        rows = await self.database.rows("SELECT * FROM images WHERE job_id = ? ORDER BY position", (job,))
        return [Image.of(row) for row in rows]

    async def recall(self, name: str) -> str | None:
        """A small value that was kept."""
        rows = await self.database.rows("SELECT value FROM settings WHERE name = ?", (name,))
        return str(rows[0]["value"]) if rows else None
