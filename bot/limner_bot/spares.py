"""Removes the pictures that the host keeps for recipes, once nothing that is left was made from them."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_bot.queue.database import Database
from limner_sdk import DiskFull

log = logging.getLogger(__name__)

PAUSE: Final = 5.0
_AT_ONCE: Final = 100
_UNFINISHED: Final = "('arriving', 'queued', 'running', 'rendered')"
#: Pictures that are there, jobs that are not done, and questions that are open.
_NEEDED: Final = f"""
    SELECT EXISTS (SELECT 1 FROM images WHERE gone IS NULL AND instr(recipe, :digest))
        OR EXISTS (SELECT 1 FROM jobs WHERE state IN {_UNFINISHED} AND instr(request, :digest))
        OR EXISTS (SELECT 1 FROM drafts WHERE used = 0 AND instr(payload, :digest)) AS needed
"""


@dataclass(frozen=True)
class Spares:
    """Looks at what the database says may be spare: a trigger enters whatever the recipe of a lost picture names."""

    database: Database
    folder: Path

    async def run(self) -> None:
        """Remove for ever; a restart goes on with what is left."""
        while True:
            try:
                while await self.go_on():
                    await asyncio.sleep(0)
            except (DiskFull, OSError, sqlite3.Error):
                log.exception("pictures that nobody needs any more are still there")
            await asyncio.sleep(PAUSE)

    async def go_on(self) -> bool:
        """Look at some; whether there were any."""
        rows = await self.database.rows(f"SELECT digest FROM spares LIMIT {_AT_ONCE}")
        for row in rows:
            await self._look_at(str(row["digest"]))
        return bool(rows)

    async def _look_at(self, digest: str) -> None:
        """First the file, then the row: killed in between, it is looked at once more."""
        file = self.folder / Path(digest).name
        if await asyncio.to_thread(file.is_file) and not await self._is_needed(digest):
            await asyncio.to_thread(file.unlink, missing_ok=True)
            log.info("a picture that nobody needs any more was removed")
        await self.database.write(lambda db: db.execute("DELETE FROM spares WHERE digest = ?", (digest,)).rowcount)

    async def _is_needed(self, digest: str) -> bool:
        rows = await self.database.rows(_NEEDED, {"digest": digest})
        return bool(rows[0]["needed"])
