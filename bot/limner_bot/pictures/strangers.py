"""Strangers' pictures: fetched, looked at by the darkroom, and kept as clean copies that say what was understood."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_bot.talking.harmless import label
from limner_sdk import DiskFull
from limner_sdk.darkroom import Inspected

from .darkroom import Darkroom
from .shelf import Shelf
from .uploads import Attached, fetch

_LONGEST_NAME: Final = 60


@dataclass(frozen=True)
class Strangers:
    """Takes in what people bring."""

    darkroom: Darkroom
    shelf: Shelf

    @asynccontextmanager
    async def inspected(self, picture: Attached) -> AsyncIterator[Inspected]:
        """What a picture on Discord is and says; its clean copy is there as long as the context lasts.

        Raises `InvalidRequest`, `DarkroomRefused` or `DiskFull`.
        """
        with _folder() as folder:
            file = await self._fetched(picture, folder)
            yield await self.look(file, folder, picture.filename)

    async def _fetched(self, picture: Attached, folder: Path) -> Path:
        async with self.darkroom.doorway:
            data, ending = await fetch(picture)
            return await asyncio.to_thread(_written, folder / f"original{ending}", data)

    async def look(self, file: Path, folder: Path, called: str) -> Inspected:
        """What a file is and says; its clean copy is written into `folder`. Raises `DarkroomRefused`."""
        return await self.darkroom.inspect(file, folder / "clean", called=label(called, _LONGEST_NAME), carry=True)

    async def keep(self, picture: Attached, job: str) -> tuple[Path, Inspected]:
        """The clean copy in a job's folder, and what the picture is and says. Raises as `inspected` does."""
        async with self.inspected(picture) as found:
            return await asyncio.to_thread(_kept, self.shelf, job, Path(found.file)), found

    async def look_at_own(self, file: Path) -> Inspected:
        """The same for a file of ours. Raises `DarkroomRefused` and `DiskFull`."""
        with _folder() as folder:
            return await self.look(file, folder, file.name)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that vanishes with all that is in it. Raises `DiskFull`."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="limner-")
    except OSError as error:
        raise _full(error) from error
    with folder as path:
        yield Path(path)


def _written(file: Path, data: bytes) -> Path:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise _full(error) from error
    return file


def _kept(shelf: Shelf, job: str, file: Path) -> Path:
    try:
        return shelf.keep(job, file.read_bytes(), file.suffix)
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> DiskFull:
    return DiskFull(f"what was uploaded cannot be kept: {error}")
