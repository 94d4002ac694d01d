"""Intake: what people attach comes from Discord into a job's folder, clean and on the disk before it is queued."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import discord

from limner_sdk import DiskFull, Request, Size
from limner_sdk.darkroom import Inspected, Masked

from .darkroom import Darkroom
from .shelf import MASK, UPLOAD, Shelf
from .uploads import fetch

#: The ending of a stranger's file as long as nobody has looked at it.
_RAW: Final = ".raw"
T = TypeVar("T", Inspected, Masked)


@dataclass(frozen=True)
class Intake:
    """Takes pictures in. All of it raises `InvalidRequest`, `DarkroomRefused` or `DiskFull`."""

    shelf: Shelf
    darkroom: Darkroom

    async def picture(self, folder: str, file: discord.Attachment, option: str = "image") -> Inspected:
        """A picture, looked at; its clean copy lies in the folder of this name among the pictures."""
        raw = await self._raw(folder, file, option, UPLOAD)
        return await self._inspected(raw, file.filename, option, carry=False)

    async def cleaned(self, folder: str, data: bytes, called: str, option: str, *, carry: bool = False) -> Inspected:
        """The same for bytes that were fetched; with `carry` the copy says how it was made, if that was understood."""
        raw = await asyncio.to_thread(self._keep, folder, data, _RAW, UPLOAD)
        return await self._inspected(raw, called, option, carry=carry)

    async def _inspected(self, raw: Path, called: str, option: str, *, carry: bool) -> Inspected:
        try:
            return await self.darkroom.inspect(raw, raw.with_suffix(""), called=called, field=option, carry=carry)
        finally:
            await asyncio.to_thread(raw.unlink, missing_ok=True)

    async def mask(self, folder: str, file: discord.Attachment, size: Size) -> Masked:
        """A mask for a picture of this size: white is drawn anew."""
        raw = await self._raw(folder, file, "mask", MASK)
        try:
            return await self.darkroom.mask(raw, raw.with_suffix(""), *size, called=file.filename)
        finally:
            await asyncio.to_thread(raw.unlink, missing_ok=True)

    async def copied(self, request: Request, job: str) -> Request:
        """The request with copies, in the folder of `job`, of the files that were taken in for it elsewhere."""
        return request.model_copy(update=await asyncio.to_thread(self._copied, request, job))

    async def forget(self, *folders: str) -> None:
        """Remove what was taken in."""
        with suppress(OSError):
            await asyncio.to_thread(self.shelf.clear, folders, {})

    async def _raw(self, folder: str, file: discord.Attachment, option: str, name: str) -> Path:
        async with self.darkroom.doorway:
            data, _ = await fetch(file, option)
            return await asyncio.to_thread(self._keep, folder, data, _RAW, name)

    def _keep(self, folder: str, data: bytes, ending: str, name: str) -> Path:
        try:
            return self.shelf.keep(folder, data, ending, name)
        except OSError as error:
            raise DiskFull(f"what was uploaded cannot be kept: {error}") from error

    def _copied(self, request: Request, job: str) -> Mapping[str, str]:
        found = {}
        for field in ("image", "mask"):
            path = Path(getattr(request, field) or "")
            if path.is_absolute() and path.is_relative_to(self.shelf.root):
                found[field] = str(self._keep(job, path.read_bytes(), path.suffix, path.stem))
        return found
