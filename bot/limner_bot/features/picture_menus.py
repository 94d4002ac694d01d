"""Entries in the menu of any message with a picture: enlarge it, vary it, begin with it, read it, detail it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType

from limner_bot.asking.finishing import offerable
from limner_bot.asking.menu import Menu, drawn, variations_of
from limner_bot.delivering.posts import Option, Pick, view_of
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.image_finder import Found, author_of, link_of, message_of, pictures_in
from limner_bot.pictures.strangers import Strangers
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.queue.records import Image, Job, Order
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import Action, chosen
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import quoted
from limner_sdk import Choice, Request

from .beginning import Beginning
from .picture_info import PictureInfo
from .privacy import wants_privacy
from .sources import Source, source_of

Interaction = discord.Interaction[Any]
Act = Callable[[Interaction, Found], Awaitable[None]]

#: What is asked for where neither the admin nor the host has said anything better: a word for it, and a full id.
_ENLARGING: Final = ("upscale", "finishing:upscale")
_DETAILING: Final = ("detail", "detailer:detailer")
_KIND: Final = "pictures"


@dataclass(frozen=True)
class PictureMenus:
    """What can be done with a picture on a message, whoever has posted it."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """Five, which is as many as discord.py takes."""
        return tuple(_command(self, name, act) for name, act in _NAMES.items())

    def actions(self) -> Sequence[Action]:
        """Which picture of several."""
        return (Action("pm", self.choose, f"({ID})"),)

    @guarded
    async def begin(self, interaction: Interaction, act: str) -> None:
        """Somebody has chosen one of the entries."""
        require_room_to_work(interaction)
        found = await self._pictures(interaction)
        if not found:
            raise Refusal.of("menu-no-picture")
        if len(found) == 1:
            await self._act(interaction, act, found[0])
            return
        payload = {"act": act, "pictures": [asdict(picture) for picture in found]}
        draft = await Drafts(self.house.database).make(interaction, _KIND, payload)
        words = words_for(interaction)
        options = [
            Option(words("more-picture", number=number), str(number - 1), picture.filename)
            for number, picture in enumerate(found, start=1)
        ]
        view = view_of([Pick(words("menu-which"), "pm", (draft,), options)]) or discord.utils.MISSING
        await interaction.response.send_message(words("menu-which"), view=view, ephemeral=True)

    async def choose(self, interaction: Interaction, draft: str) -> None:
        """One of several pictures was chosen."""
        payload = (await Drafts(self.house.database).own(interaction, draft, _KIND)).payload
        place = next(iter(chosen(interaction)), "")
        if not place.isdecimal() or int(place) >= len(payload["pictures"]):
            raise Refusal.of("old-button")
        await self._act(interaction, payload["act"], Found(**payload["pictures"][int(place)]))

    async def _act(self, interaction: Interaction, act: str, picture: Found) -> None:
        acts: dict[str, Act] = {
            "upscale": self._upscale,
            "detail": self._detail,
            "vary": self._vary,
            "use": Beginning(self.house).open_use,
            "info": PictureInfo(self.house).tell,
        }
        await acts[act](interaction, picture)

    async def _upscale(self, interaction: Interaction, picture: Found) -> None:
        await self._finish(interaction, picture, *_ENLARGING)

    async def _detail(self, interaction: Interaction, picture: Found) -> None:
        await self._finish(interaction, picture, *_DETAILING)

    async def _finish(self, interaction: Interaction, picture: Found, word: str, usual: str) -> None:
        choice = preferred(self.house.menu, word, usual)
        if choice is None:
            raise Refusal.of("not-offered", name=quoted(usual, 100))
        if picture.image:
            await self._finish_ours(interaction, await source_of(self.house, interaction, picture.image), choice)
            return
        request = self.house.menu.known(Request(prompt="", finished="upload", count=1, postprocess=(choice,)))
        order, room = self.house.desk.order(
            interaction, "finish", request, private=wants_privacy(self.house, interaction)
        )

        async def prepare(order: Order) -> Order:
            strangers = Strangers(self.house.darkroom, self.house.shelf)
            file, seen = await strangers.keep(picture, order.id)
            made_here = await self.house.ledger.image_of(seen.digest)
            said = seen.says.recipe if seen.says else None
            recipe = made_here.recipe if made_here else said
            return replace(order, request=self.house.menu.finishing_file(order.request, str(file), recipe))

        await self.house.desk.take_arriving(interaction, replace(order, about=picture.message), room, prepare)

    async def _finish_ours(self, interaction: Interaction, source: Source, choice: Choice) -> None:
        path = self.house.shelf.path(source.image.job_id, source.image.file)
        if source.image.gone or not await asyncio.to_thread(path.is_file):
            raise Refusal.of("file-gone" if source.image.gone else "file-missing")
        request = self.house.menu.known(source.image.recipe.to_finish(str(path), choice))
        private = wants_privacy(self.house, interaction, source.job)
        await self.house.desk.take(interaction, "finish", request, source.image, private=private)

    async def _vary(self, interaction: Interaction, picture: Found) -> None:
        source = await source_of(self.house, interaction, picture.image) if picture.image else None
        if source is None or drawn(source.image.recipe) is None:
            await Beginning(self.house).open_vary(interaction, picture)
            return
        request = self.house.menu.known(variations_of(source.image.recipe))
        private = wants_privacy(self.house, interaction, source.job)
        await self.house.desk.take(interaction, "variations", request, source.image, private=private)

    async def _pictures(self, interaction: Interaction) -> list[Found]:
        message = message_of(interaction.data or {})
        link = link_of(message, interaction.guild_id)
        found = [replace(picture, message=link) for picture in pictures_in(message)]
        if author_of(message) != interaction.application_id:
            return found
        job = await self.house.ledger.shown_in(int(message["id"]))
        if job is not None and (images := await self._images(job)):
            return [Found(f"{image.position}.png", "", image=image.id) for image in images]
        return [replace(picture, image=await self._known(picture.ours)) for picture in found]

    async def _images(self, job: Job) -> list[Image]:
        if job.kind != "single":
            return await self.house.ledger.images(job.id)
        shown = await self.house.ledger.image(job.source_id or "")
        return [shown] if shown else []

    async def _known(self, image: str | None) -> str:
        found = await self.house.ledger.image(image) if image else None
        return found.id if found else ""


def preferred(menu: Menu, word: str, usual: str) -> Choice | None:
    """What an entry lets loose on a picture: the first button that is called like it, or else what is usual.

    None if there is nothing of that kind.
    """
    for shortcut in menu.buttons():
        if word in f"{shortcut.label} {shortcut.choice.name}".casefold():
            return shortcut.choice
    offered = [entry.id for entry in offerable(menu.catalogue.stages)]
    if usual in offered or not menu.catalogue.stages:
        return Choice(name=usual)
    alike = next((name for name in offered if word in name), None)
    return Choice(name=alike) if alike else None


_NAMES: Final = {
    "Upscale this": "upscale",
    "Vary this": "vary",
    "Use as input": "use",
    "Read image info": "info",
    "Detail this": "detail",
}


def _command(serve: PictureMenus, name: str, act: str) -> app_commands.ContextMenu:
    async def command(interaction: discord.Interaction[discord.Client], message: discord.Message) -> None:
        await serve.begin(interaction, act)

    return app_commands.ContextMenu(
        name=name,
        callback=command,
        allowed_contexts=AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        allowed_installs=AppInstallationType(guild=True, user=True),
    )
