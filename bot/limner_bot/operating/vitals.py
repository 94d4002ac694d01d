"""How the bot is doing, in figures: the queue now and in the last hour, and what operators look after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Final

from limner_bot.queue.database import Database

from .backups import AUTOMATIC, ENDING
from .settings import Settings
from .space import Space

HOUR: Final = 3600.0
_PACKAGES: Final = ("limner", "discord.py")
_WAITING: Final = "SELECT count(*) AS jobs, min(created) AS oldest FROM jobs WHERE state IN ('queued', 'arriving')"
_STARTED: Final = "SELECT avg(started - created) AS waited FROM jobs WHERE started >= ? AND attempt > 0"
_ENDED: Final = (
    "SELECT state, count(*) AS jobs, avg(seconds) AS seconds FROM jobs"
    " WHERE state IN ('rendered', 'delivered', 'failed', 'cancelled') AND kind <> 'single' AND finished >= ?"
    " GROUP BY state"
)
_PICTURES: Final = (
    "SELECT count(*) AS pictures FROM images JOIN jobs ON jobs.id = images.job_id"
    " WHERE jobs.state IN ('rendered', 'delivered') AND jobs.finished >= ?"
)


@dataclass(frozen=True)
class Pulse:
    """The queue: jobs that wait, the seconds that jobs of the last hour waited and took, and how those ended.

    `waited` and `took` are None if there were none, `oldest` is when the one was asked for that waits longest.
    """

    waiting: int
    oldest: float | None
    waited: float | None
    took: float | None
    pictures: int
    done: int
    failed: int
    cancelled: int


async def pulse(database: Database, now: float | None = None) -> Pulse:
    """As it is now."""
    since = (time.time() if now is None else now) - HOUR
    waiting = (await database.rows(_WAITING))[0]
    started = (await database.rows(_STARTED, (since,)))[0]
    ended = {row["state"]: row for row in await database.rows(_ENDED, (since,))}
    pictures = (await database.rows(_PICTURES, (since,)))[0]["pictures"]
    done = [ended[state] for state in ("rendered", "delivered") if state in ended]
    count = sum(row["jobs"] for row in done)
    seconds = sum(row["jobs"] * (row["seconds"] or 0.0) for row in done)
    return Pulse(
        waiting=waiting["jobs"],
        oldest=waiting["oldest"],
        waited=started["waited"],
        took=seconds / count if count else None,
        pictures=pictures,
        done=count,
        failed=ended["failed"]["jobs"] if "failed" in ended else 0,
        cancelled=ended["cancelled"]["jobs"] if "cancelled" in ended else 0,
    )


@dataclass(frozen=True)
class Upkeep:
    """What operators look after: versions, bytes, and when the last backup was made (Unix seconds)."""

    versions: Mapping[str, str]
    free: int
    database: int
    backup: float | None


async def upkeep(settings: Settings, space: Space) -> Upkeep:
    """As it is now. Raises `OSError`."""
    return await asyncio.to_thread(_upkeep, settings, space)


def _upkeep(settings: Settings, space: Space) -> Upkeep:
    files = settings.folder.database, settings.folder.database.with_name(f"{settings.folder.database.name}-wal")
    copies = settings.backups.glob(f"{AUTOMATIC}*{ENDING}") if settings.backups.is_dir() else ()
    return Upkeep(
        versions={"Python": python_version()} | {name: _version(name) for name in _PACKAGES},
        free=space.free,
        database=sum(_size(file) for file in files),
        backup=max((copy.stat().st_mtime for copy in copies), default=None),
    )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
