"""Post-processors: /finish for a picture that somebody attaches, and the buttons below pictures that were made here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.house import AnyCommand, House
from limner_bot.pictures.intake import Intake
from limner_bot.pictures.shelf import Shelf
from limner_bot.pictures.uploads import OPTION, check_upload, fetch
from limner_bot.queue.identity import ID, NAME
from limner_bot.queue.records import Order
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import Refusal, guarded
from limner_bot.talking.harmless import quoted
from limner_sdk import DiskFull, Request

from .choices import choices
from .sources import source_of

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Finish:
    """Enlarging, detailing and whatever else is done to finished pictures."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/finish."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """The buttons of post-processors."""
        return (Action("p", self.finish, f"({ID}):({NAME})"),)

    async def finish(self, interaction: Interaction, image: str, name: str) -> None:
        """A post-processor, by full id, on a picture that was made here."""
        desk, menu, shelf = self.house.desk, self.house.menu, self.house.shelf
        found = await source_of(self.house, interaction, image)
        source = found.image
        path = shelf.path(source.job_id, source.file)
        request = menu.finish_of(source.recipe, str(path), name)
        if request is None:
            raise Refusal.of("not-offered", name=quoted(name, 100))
        if not await asyncio.to_thread(path.is_file):
            raise Refusal.of("file-gone" if source.gone else "file-missing")
        await desk.take(interaction, "finish", request, source, private=found.private)

    @guarded
    async def upload(self, interaction: Interaction, picture: discord.Attachment, values: dict[str, Any]) -> None:
        """A picture that somebody attaches, fetched after the first answer, which cannot wait."""
        require_room_to_work(interaction)
        check_upload(picture)
        order, room = self.house.desk.order(interaction, "finish", self.house.menu.finishing(values))

        async def prepare(order: Order) -> Order:
            return replace(order, request=await self._kept(order, picture))

        await self.house.desk.take_arriving(interaction, order, room, prepare)

    async def _kept(self, order: Order, picture: discord.Attachment) -> Request:
        """The request for the picture, once that lies in the job's folder."""
        async with self.house.darkroom.doorway:
            return await self._looked_at(order, picture)

    async def _looked_at(self, order: Order, picture: discord.Attachment) -> Request:
        data, ending = await fetch(picture)
        digest = await asyncio.to_thread(_digest, data)
        if (made_here := await self.house.ledger.image_of(digest)) is not None:
            # Byte for byte a file of ours, by which the host finds its recipe.
            file = await asyncio.to_thread(_keep, self.house.shelf, order.id, data, ending)
            return self.house.menu.finishing_file(order.request, str(file), made_here.recipe)
        intake = Intake(self.house.shelf, self.house.darkroom)
        seen = await intake.cleaned(order.id, data, picture.filename, OPTION, carry=True)
        return self.house.menu.finishing_file(order.request, seen.file, seen.says.recipe if seen.says else None)

    async def finishers(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        """What completes the option `with`."""
        return choices(self.house.menu.finishers(typed))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _keep(shelf: Shelf, job: str, data: bytes, ending: str) -> Path:
    try:
        return shelf.keep(job, data, ending)
    except OSError as error:
        raise DiskFull(f"what was uploaded cannot be kept: {error}") from error


def _command(serve: Finish) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="finish", description="Enlarge or improve a picture of yours")
    @app_commands.rename(finish="with")
    @app_commands.describe(
        picture="A PNG, JPEG or WebP picture of at most 10 MiB",
        finish="What to do to it, such as: detailer(denoise=0.3), ultimate_upscale",
        prompt="What the picture shows, for the parts that are drawn anew",
    )
    async def command(
        interaction: discord.Interaction[discord.Client],
        picture: discord.Attachment,
        finish: str,
        prompt: str | None = None,
    ) -> None:
        await serve.upload(interaction, picture, {"finish": finish, "prompt": prompt})

    command.autocomplete("finish")(serve.finishers)
    return command
