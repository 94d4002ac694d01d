"""Masks that people upload: fetched from Discord, looked at in the darkroom, and kept in the job's folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from limner_bot.asking.growing import Ground
from limner_bot.house import House
from limner_bot.pictures.uploads import fetch
from limner_bot.talking.forms import Uploaded
from limner_sdk import DiskFull


async def kept_mask(house: House, job: str, mask: Uploaded, ground: Ground) -> Path:
    """The clean mask at the picture's size, in grey levels. Raises `UserError` for what is none, or `DiskFull`."""
    try:
        with TemporaryDirectory(prefix="limner-mask-") as folder:
            raw = await _fetched(house, mask, Path(folder))
            width, height = ground.size
            clean = await house.darkroom.mask(raw, Path(folder, "clean"), width, height, called=mask.filename)
            return await asyncio.to_thread(_keep, house, job, Path(clean.file))
    except OSError as error:
        raise DiskFull(f"a mask cannot be kept: {error}") from error


async def _fetched(house: House, mask: Uploaded, folder: Path) -> Path:
    async with house.darkroom.doorway:
        data, ending = await fetch(mask, "mask")
        raw = folder / f"theirs{ending}"
        await asyncio.to_thread(raw.write_bytes, data)
    return raw


def _keep(house: House, job: str, file: Path) -> Path:
    return house.shelf.keep(job, file.read_bytes(), ".png", "mask")
