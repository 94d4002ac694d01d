"""Edit…: the form of what a post-processor did, or is about to do, and the same picture once more by what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import discord

from limner_bot.house import AnyCommand, House
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.queue.records import Job, Order
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import entered, form
from limner_bot.talking.guard import Refusal, words_for
from limner_bot.talking.harmless import quoted
from limner_bot.talking.params_forms import fields_of, given_of, read
from limner_sdk import Choice, DiskFull, InvalidRequest, Request, StageEntry

from .retrying import offer_again
from .sources import is_private

Interaction = discord.Interaction[Any]
_AGAIN: Final = "pee"
_KEPT: Final = "sha256:"


@dataclass(frozen=True)
class Editing:
    """Changes what was asked for; the first job and its message stay as they are."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """The button, what was written into the form, and the same again."""
        return (
            Action("pe", self.open, f"({ID})"),
            Action("pes", self.order, f"({ID})"),
            Action(_AGAIN, self.again, f"({ID})"),
        )

    async def open(self, interaction: Interaction, job: str) -> None:
        """The form of the first post-processor of a job."""
        found = await self._job(interaction, job)
        choice = found.request.postprocess[0]
        await self._show(interaction, found, given_of(self._entry(choice), choice))

    async def again(self, interaction: Interaction, draft: str) -> None:
        """The form as it was sent."""
        payload = (await Drafts(self.house.database).own(interaction, draft, _AGAIN)).payload
        await self._show(interaction, await self._job(interaction, payload["job"]), payload["written"])

    async def order(self, interaction: Interaction, job: str) -> None:
        """Do what was written."""
        found, written = await self._job(interaction, job), entered(interaction)
        first, *rest = found.request.postprocess
        try:
            choice = read(written, self._entry(first), self.house.menu.catalogue)
            request = found.request.model_copy(update={"postprocess": (choice, *rest)})
            await self._take(interaction, found, self.house.menu.known(request))
        except InvalidRequest as error:
            await offer_again(self.house, interaction, error, _AGAIN, {"job": job, "written": written})

    async def _show(self, interaction: Interaction, job: Job, given: Mapping[str, str]) -> None:
        entry = self._entry(job.request.postprocess[0])
        fields = fields_of(words_for(interaction), entry, self.house.menu.catalogue, given)
        if not fields:
            raise Refusal.of("more-nothing-to-set", name=quoted(entry.label, 100))
        await interaction.response.send_modal(form(custom_id("pes", job.id), entry.label, fields))

    async def _take(self, interaction: Interaction, job: Job, request: Request) -> None:
        desk, private = self.house.desk, is_private(interaction, job)
        source = await self.house.ledger.image(job.source_id) if job.source_id else None
        request, upload = await self._picture(job, request)
        if upload is None:
            images = await self.house.ledger.images(job.id)
            record = images[0] if images else None
            await desk.take(interaction, "finish", request, source, private=private, record=record)
            return
        order, room = desk.order(interaction, "finish", request, private=private)

        async def prepare(order: Order) -> Order:
            copy = await asyncio.to_thread(self._copied, order.id, upload)
            return replace(order, request=order.request.model_copy(update={"finished": str(copy)}))

        await desk.take_arriving(interaction, order, room, prepare)

    async def _picture(self, job: Job, request: Request) -> tuple[Request, Path | None]:
        """The request for the same picture, and its file if that lies in the job's own folder, which will be tidied."""
        name = request.finished or ""
        if name.startswith(_KEPT):
            return request, None
        is_there = await asyncio.to_thread(Path(name).is_file)
        if is_there:
            return request, Path(name) if Path(name).name in job.uploads else None
        images = await self.house.ledger.images(job.id)
        kept = images[0].recipe.finished if images else None
        if kept is None:
            raise Refusal.of("file-missing")
        return request.model_copy(update={"finished": kept.image.name}), None

    def _copied(self, job: str, file: Path) -> Path:
        try:
            return self.house.shelf.keep(job, file.read_bytes(), file.suffix)
        except OSError as error:
            raise DiskFull(f"what was uploaded cannot be kept: {error}") from error

    async def _job(self, interaction: Interaction, job: str) -> Job:
        """A job that finishes a picture, for somebody who may see it here. Raises `Refusal`."""
        require_room_to_work(interaction)
        found = await self.house.ledger.job(job)
        if found is None or found.request.finished is None or not found.request.postprocess:
            raise Refusal.of("unknown-picture")
        if interaction.user.id != found.user_id:
            if found.private:
                raise Refusal.of("private-picture")
            if interaction.channel_id != found.channel_id:
                raise Refusal.of("elsewhere")
        return found

    def _entry(self, choice: Choice) -> StageEntry:
        for entry in self.house.menu.catalogue.stages_of("postprocessor"):
            if entry.id == choice.name:
                return entry
        raise Refusal.of("not-offered", name=quoted(choice.name, 100))
