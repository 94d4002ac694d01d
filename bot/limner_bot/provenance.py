"""Whose pictures a request begins with: what is private, or was brought by somebody else, is nobody's to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import discord

from limner_bot.asking.menu import drawn
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Image, Job, Order
from limner_bot.talking.guard import Refusal
from limner_sdk import Request

Interaction = discord.Interaction[Any]
_KEPT: Final = re.compile(r"sha256:([0-9a-f]{64})")
#: What decides how much of the first picture is seen in the last one.
_SHOWING: Final = ("start", "mask", "inpaint", "outpaint")
_MADE: Final = "SELECT jobs.*, images.id AS image FROM images JOIN jobs ON jobs.id = images.job_id WHERE digest = ?"
#: Who names a file has brought it; who names its digest goes on with what somebody has brought.
_BROUGHT: Final = """
    SELECT 1 FROM jobs JOIN images ON images.job_id = jobs.id
    WHERE jobs.user_id = ? AND instr(images.recipe, ?) AND NOT instr(jobs.request, ?) LIMIT 1
"""


@dataclass(frozen=True)
class Provenance:
    """Looks at every picture that a request names."""

    ledger: Ledger
    shelf: Shelf

    async def require(self, interaction: Interaction, order: Order, record: Image | None) -> None:
        """Each picture is the person's own, or was made and shown here, or is used as `record` tells.

        `record` is the picture whose button was clicked, or whose settings were changed. Raises `Refusal`.
        """
        for name in _names(order.request):
            if kept := _KEPT.fullmatch(name):
                await self._require_kept(interaction, order.request, kept[1], record)
            elif self._folder(name) not in ("", order.id):
                await self._require_file(interaction, Path(name))

    async def _require_kept(
        self, interaction: Interaction, request: Request, digest: str, record: Image | None
    ) -> None:
        rows = await self.ledger.database.rows(_MADE, (digest,))
        for row in rows:
            if await self._may(interaction, Job.of(row), row["image"]):
                return
        if rows:
            raise Refusal.of("private-picture")
        brought = (interaction.user.id, digest, f"sha256:{digest}")
        if not await self.ledger.database.rows(_BROUGHT, brought) and not _as_told(request, digest, record):
            raise Refusal.of("picture-of-others")

    async def _require_file(self, interaction: Interaction, file: Path) -> None:
        job = await self.ledger.job(file.parent.name)
        images = await self.ledger.images(job.id) if job else []
        image = next((image.id for image in images if image.file == file.name), "")
        if job is not None and not await self._may(interaction, job, image):
            raise Refusal.of("private-picture")

    async def _may(self, interaction: Interaction, job: Job, image: str) -> bool:
        if not job.private or job.user_id == interaction.user.id:
            return True
        return await self.ledger.posted_in(image, interaction.channel_id)

    def _folder(self, name: str) -> str:
        """The job that a file belongs to, "" for what is none of ours."""
        path = Path(name)
        return path.parent.name if path.is_absolute() and path.parent.parent == self.shelf.root.absolute() else ""


def _names(request: Request) -> set[str]:
    """Everything in a request that may name a picture."""
    return set(_strings(request.model_dump(exclude_none=True, exclude={"prompt", "negative"})))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _as_told(request: Request, digest: str, record: Image | None) -> bool:
    """Whether a picture is used as it was before, so that no more of it is seen than before."""
    if record is None or digest not in record.recipe.model_dump_json():
        return False
    before = (drawn(record.recipe) or record.recipe).as_request()
    if request.finished is not None:
        return record.recipe.finished is not None and request.finished == record.recipe.finished.image.name
    return all(getattr(request, name) == getattr(before, name) for name in _SHOWING)
