"""Room on the disk: when there is too little no job is accepted, and a reserve lets the accepted ones be finished."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from limner_sdk import DiskFull

from .settings import Settings

log = logging.getLogger(__name__)

MEGABYTE: Final = 10**6
#: What the database needs to write down the end of what it has accepted.
RESERVE_BYTES: Final = 16 * 2**20
RESERVE: Final = "reserve"
_EVERY_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Space:
    """The disk that `folder` lies on; `least` bytes must be free for a job to be accepted."""

    folder: Path
    least: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As `[keep] free_megabytes` says."""
        return cls(settings.folder.root, int(settings.keep.free_megabytes * MEGABYTE))

    @property
    def free(self) -> int:
        """Free bytes for this user. Raises `OSError`."""
        return shutil.disk_usage(self.folder).free

    @property
    def reserve(self) -> Path:
        """A file of zeros that is removed when the disk is full."""
        return self.folder / RESERVE

    def require(self) -> None:
        """Raise `DiskFull` if too little is free to accept a job."""
        if self.least and self.free < self.least:
            raise DiskFull(f"less than {self.least // MEGABYTE} MB are free on the disk of {self.folder}")

    def save_up(self) -> None:
        """Take the reserve, if there is room for it and more. Raises `OSError`."""
        if self.reserve.exists() or self.free < max(self.least, 4 * RESERVE_BYTES):
            return
        with self.reserve.open("xb") as file:
            _allocate(file.fileno())

    def spend(self) -> bool:
        """Give the reserve back to the disk; whether there was one."""
        had = self.reserve.exists()
        self.reserve.unlink(missing_ok=True)
        return had


def _allocate(handle: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, RESERVE_BYTES)
    else:
        os.write(handle, bytes(RESERVE_BYTES))


async def watch_space(space: Space) -> None:
    """Keep the reserve while there is room, and spend it when there is almost none; tell the operator each time."""
    was_low = False
    while True:
        try:
            was_low = await asyncio.to_thread(_look, space, was_low)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                log.warning("the disk of %s cannot be looked at: %s", space.folder, error)
        await asyncio.sleep(_EVERY_SECONDS)


def _look(space: Space, was_low: bool) -> bool:
    is_low = space.free < max(space.least, RESERVE_BYTES)
    if is_low and not was_low:
        log.error("only %d MB are free on the disk of %s; no job is accepted", space.free // MEGABYTE, space.folder)
    if was_low and not is_low:
        log.info("there is room on the disk again")
    if space.free < RESERVE_BYTES and space.spend():
        log.error("the disk is full; the reserve is spent, so that what was accepted can be finished")
    if not is_low:
        space.save_up()
    return is_low
