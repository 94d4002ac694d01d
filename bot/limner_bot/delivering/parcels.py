"""A picture's file on its way to Discord: as it is if it may be and fits, otherwise as the darkroom makes it fit."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_bot.pictures.darkroom import Darkroom, DarkroomRefused
from limner_bot.pictures.shelf import Shelf
from limner_sdk import LimnerError
from limner_sdk.darkroom import Fitted

from .posts import Upload

log = logging.getLogger(__name__)

#: Seconds for which a result waits for the darkroom, behind whatever else waits for it.
PATIENCE: Final = 60.0
#: Into fewer bytes no picture is made to fit.
LEAST_BYTES: Final = 16 * 1024


@dataclass(frozen=True)
class Manner:
    """How a place wants its pictures: `hidden` until somebody clicks, and with what they say about their making."""

    hidden: bool = False
    metadata: bool = True


@dataclass(frozen=True)
class Parcel:
    """A file to send. `kind` is PNG, WEBP or JPEG; `lossless` if no pixel is another, `bytes` are the original's."""

    upload: Upload
    bytes: int
    kind: str = "PNG"
    lossless: bool = True

    @property
    def changed(self) -> bool:
        """Whether it is not what the host has made."""
        return self.kind != "PNG" or not self.lossless


class Unfit(LimnerError):
    """A picture of `bytes` cannot be made to fit; it lies safely where it is."""

    def __init__(self, size: int, reason: object) -> None:
        super().__init__(str(reason))
        self.bytes = size


@dataclass(frozen=True)
class Packer:
    """Makes parcels of pictures of our own."""

    shelf: Shelf
    darkroom: Darkroom

    async def pack(self, folder: str, file: str, name: str, most_bytes: int, *, metadata: bool = True) -> Parcel:
        """A job's file in at most `most_bytes`, called `name` and an ending.

        Without `metadata` it says nothing about its making. Raises `Unfit`, `DamagedResult`, or `OSError` for a file
        that is not there.
        """
        path = self.shelf.path(folder, file)
        size = (await asyncio.to_thread(path.stat)).st_size
        if metadata and size <= most_bytes:
            return Parcel(Upload(f"{name}.png", await asyncio.to_thread(path.read_bytes)), size)
        if most_bytes < LEAST_BYTES:
            raise Unfit(size, f"{most_bytes} bytes are too few")
        try:
            async with asyncio.timeout(PATIENCE):
                fitted = await self.darkroom.fit(path, path.parent, f"fit-{name}", most_bytes, metadata=metadata)
        except (DarkroomRefused, TimeoutError) as error:
            log.warning("%s cannot be made to fit: %s", path, error or "it takes too long")
            raise Unfit(size, error) from error
        return await asyncio.to_thread(_taken, path, fitted, name)


def _taken(path: Path, fitted: Fitted, name: str) -> Parcel:
    """What the darkroom has made, which then is not needed on the disk any more."""
    made = Path(fitted.file)
    size = path.stat().st_size
    try:
        data = made.read_bytes()
    finally:
        if made != path:
            made.unlink(missing_ok=True)
    ending = {"JPEG": "jpg"}.get(fitted.format, fitted.format.lower())
    return Parcel(Upload(f"{name}.{ending}", data), size, fitted.format, fitted.quality == 100)
