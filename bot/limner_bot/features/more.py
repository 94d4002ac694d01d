"""The menu "More…" below pictures, and the forms of post-processors that it opens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import discord

from limner_bot.delivering.entries import PAGE, RUN, SENT, more_pick
from limner_bot.delivering.posts import view_of
from limner_bot.house import AnyCommand, House
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.queue.records import Image
from limner_bot.talking.actions import PREFIX, Action, HasActions, chosen, custom_id
from limner_bot.talking.forms import entered, form
from limner_bot.talking.guard import Refusal, words_for
from limner_bot.talking.harmless import quoted
from limner_bot.talking.params_forms import fields_of, given_of, pictures_of, read
from limner_sdk import Choice, InvalidRequest, Request, StageEntry

from .retrying import offer_again
from .sources import Source, source_of

Interaction = discord.Interaction[Any]

#: A full id, as long as it fits beside the rest.
_NAME: Final = "[^:]{1,68}:[^:]{1,68}"
_AGAIN: Final = "pfe"


@dataclass(frozen=True)
class More:
    """All that has no button of its own."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """What was chosen, the next page, a post-processor's form, what was written into it, and the same again."""
        return (
            Action(RUN, self.run, f"{ID}:[1-9]:[0-9]{{1,2}}"),
            Action(PAGE, self.page, f"({ID}):([1-9]):([0-9]{{1,2}}):({ID})"),
            Action("pf", self.open, f"({ID}):([1-9]):({_NAME})"),
            Action(SENT, self.order, f"({ID}):([1-9]):({_NAME})"),
            Action(_AGAIN, self.again, f"({ID})"),
        )

    async def run(self, interaction: Interaction) -> None:
        """Do what was chosen, as if it had been a button."""
        value = next(iter(chosen(interaction)), "")
        if value.partition(":")[0] in ("", RUN):
            raise Refusal.of("old-button")
        await cast(HasActions, interaction.client).actions.run(interaction, f"{PREFIX}:{value}")

    async def page(self, interaction: Interaction, image: str, count: str, page: str, job: str) -> None:
        """What had no room in the menu."""
        images = await self._images(await source_of(self.house, interaction, image), int(count))
        words = words_for(interaction)
        pick = more_pick(words, images, self.house.menu, 0, job=job, page=int(page))
        if pick is None:
            raise Refusal.of("old-button")
        view = view_of([pick]) or discord.utils.MISSING
        await interaction.response.send_message(words("more-page"), view=view, ephemeral=True)

    async def open(self, interaction: Interaction, image: str, count: str, name: str) -> None:
        """The form of a post-processor, with what the admin has set for it."""
        source = await source_of(self.house, interaction, image)
        request = self.house.menu.finish_of(source.image.recipe, str(self._path(source.image)), name)
        entry = self._entry(name)
        if request is None:
            raise Refusal.of("not-offered", name=quoted(name, 100))
        given = given_of(entry, request.postprocess[0], int(count))
        if not entry.parameters.get("properties") and count == "1":
            await self._take(interaction, source, [source.image], request.postprocess[0])
            return
        await self._show(interaction, entry, image, int(count), given)

    async def order(self, interaction: Interaction, image: str, count: str, name: str) -> None:
        """Do what was written."""
        source, entry = await source_of(self.house, interaction, image), self._entry(name)
        written = entered(interaction)
        try:
            choice = read(written, entry, self.house.menu.catalogue)
            places = pictures_of(written, int(count))
            images = [each for each in await self._images(source, int(count)) if each.position in places]
            await self._take(interaction, source, images if int(count) > 1 else [source.image], choice)
        except InvalidRequest as error:
            payload = {"image": image, "count": int(count), "name": name, "written": written}
            await offer_again(self.house, interaction, error, _AGAIN, payload)

    async def again(self, interaction: Interaction, draft: str) -> None:
        """The form as it was sent."""
        found = (await Drafts(self.house.database).own(interaction, draft, _AGAIN)).payload
        entry = self._entry(found["name"])
        await self._show(interaction, entry, found["image"], found["count"], found["written"])

    async def _show(
        self, interaction: Interaction, entry: StageEntry, image: str, count: int, given: Mapping[str, str]
    ) -> None:
        fields = fields_of(words_for(interaction), entry, self.house.menu.catalogue, given, count)
        await interaction.response.send_modal(form(custom_id(SENT, image, count, entry.id), entry.label, fields))

    async def _take(self, interaction: Interaction, source: Source, images: Sequence[Image], choice: Choice) -> None:
        if not images:
            raise Refusal.of("unknown-picture")
        requests = [await self._request(image, choice) for image in images]
        if len(requests) == 1:
            await self.house.desk.take(interaction, "finish", requests[0], images[0], private=source.private)
        else:
            await self._take_all(interaction, source, images, requests)

    async def _take_all(
        self, interaction: Interaction, source: Source, images: Sequence[Image], requests: Sequence[Request]
    ) -> None:
        """Each gets a message of its own; the answer only says how many there will be."""
        desk = self.house.desk
        pairs = [
            desk.order(interaction, "finish", request, image, private=source.private)
            for image, request in zip(images, requests, strict=True)
        ]
        draft = await Drafts(self.house.database).make(interaction, "finish-all", {})

        async def told() -> None:
            # Before any follow-up: the first one would fill this message, which the person alone sees.
            await interaction.edit_original_response(content=words_for(interaction)("more-queued", count=len(pairs)))

        await interaction.response.defer(ephemeral=True, thinking=True)
        await desk.take_many(interaction, [order for order, _ in pairs], pairs[0][1], draft, told)

    async def _request(self, image: Image, choice: Choice) -> Request:
        path = self._path(image)
        if image.gone or not await asyncio.to_thread(path.is_file):
            raise Refusal.of("file-gone" if image.gone else "file-missing")
        return self.house.menu.known(image.recipe.to_finish(str(path), choice))

    async def _images(self, source: Source, count: int) -> list[Image]:
        return await self.house.ledger.images(source.image.job_id) if count > 1 else [source.image]

    def _path(self, image: Image) -> Path:
        return self.house.shelf.path(image.job_id, image.file)

    def _entry(self, name: str) -> StageEntry:
        for entry in self.house.menu.catalogue.stages_of("postprocessor"):
            if entry.id == name:
                return entry
        raise Refusal.of("not-offered", name=quoted(name, 100))
