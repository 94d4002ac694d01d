"""Read image info: how a picture was made, to one person alone, and the same again."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from limner_bot.asking.menu import drawn
from limner_bot.delivering.picture_texts import code_block, facts
from limner_bot.delivering.posts import Press, view_of
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.darkroom import DarkroomRefused
from limner_bot.pictures.image_finder import Found
from limner_bot.pictures.strangers import Strangers
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID, new_seed
from limner_bot.queue.records import Image
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import Field, entered, form
from limner_bot.talking.guard import words_for
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, sentence
from limner_bot.words import Words
from limner_sdk import InvalidRequest, Recipe, Request
from limner_sdk.darkroom import Inspected

from .beginning import repeatable
from .privacy import wants_privacy
from .retrying import PATIENCE, offer_again
from .sources import source_of

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

_DRAFT: Final = "xd"
_MOST_NOTES: Final = 3


@dataclass(frozen=True)
class Known:
    """What is known of a picture: how it was made, what it says in A1111's form, what was not understood of it."""

    made_by: Recipe | Request | None = None
    infotext: str = ""
    notes: Sequence[str] = ()
    image: Image | None = None


@dataclass(frozen=True)
class PictureInfo:
    """Tells, and repeats."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """Reading, making it again, and the same for a stranger's picture with other words."""
        return (
            Action("i", self.read, f"({ID})"),
            Action("a", self.repeat, f"({ID})"),
            Action("ag", self.repeat_strangers, f"({ID})"),
            Action(_DRAFT, self.open_remix, f"({ID})"),
            Action("xds", self.remix, f"({ID})"),
        )

    async def read(self, interaction: Interaction, image: str) -> None:
        """How a picture of ours was made."""
        await self.tell(interaction, Found("", "", image=image))

    async def tell(self, interaction: Interaction, picture: Found) -> None:
        """How a picture was made, whoever has made it."""
        source = await source_of(self.house, interaction, picture.image) if picture.image else None
        await interaction.response.defer(ephemeral=True, thinking=True)
        known = await (self._ours(source.image) if source else self._strangers(picture))
        words = words_for(interaction)
        content, file = _said(words, known)
        await interaction.edit_original_response(
            content=content,
            attachments=[file] if file else [],
            view=view_of(await self._presses(interaction, words, known)),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def repeat(self, interaction: Interaction, image: str) -> None:
        """The same picture once more."""
        source = await source_of(self.house, interaction, image)
        request = self.house.menu.known(source.image.recipe.as_request())
        private = wants_privacy(self.house, interaction, source.job)
        await self.house.desk.take(interaction, "imagine", request, source.image, private=private)

    async def repeat_strangers(self, interaction: Interaction, draft: str) -> None:
        """What a stranger's picture says, drawn here."""
        await self._take(interaction, Request.model_validate((await self._draft(interaction, draft))["request"]))

    async def open_remix(self, interaction: Interaction, draft: str) -> None:
        """The words of a stranger's picture in a form, or those that were sent before."""
        payload, words = await self._draft(interaction, draft), words_for(interaction)
        said = {key: payload["request"].get(key) or "" for key in ("prompt", "negative")} | payload.get("written", {})
        fields = (
            Field("prompt", words("menu-prompt"), "paragraph", "", said["prompt"], required=True),
            Field("negative", words("info-negative"), "paragraph", "", said["negative"]),
        )
        await interaction.response.send_modal(form(custom_id("xds", draft), words("button-remix"), fields))

    async def remix(self, interaction: Interaction, draft: str) -> None:
        """What a stranger's picture says, with other words."""
        payload, written = await self._draft(interaction, draft), entered(interaction)
        try:
            await self._take(interaction, Request.parse({**payload["request"], **written, "seed": new_seed()}))
        except InvalidRequest as error:
            await offer_again(self.house, interaction, error, _DRAFT, {**payload, "written": written})

    async def _take(self, interaction: Interaction, request: Request) -> None:
        require_room_to_work(interaction)
        private = wants_privacy(self.house, interaction)
        await self.house.desk.take(interaction, "imagine", self.house.menu.known(request), private=private)

    async def _draft(self, interaction: Interaction, draft: str) -> Mapping[str, Any]:
        return (await Drafts(self.house.database).own(interaction, draft, _DRAFT)).payload

    async def _ours(self, image: Image) -> Known:
        """The file is looked at for its infotext alone; what is in the database does not need it."""
        try:
            path = self.house.shelf.path(image.job_id, image.file)
            seen = await Strangers(self.house.darkroom, self.house.shelf).look_at_own(path)
        except DarkroomRefused as error:
            log.info("picture %s cannot be read: %s", image.id, error)
            return Known(image.recipe, image=image)
        return Known(image.recipe, seen.says.infotext if seen.says else "", image=image)

    async def _strangers(self, picture: Found) -> Known:
        async with Strangers(self.house.darkroom, self.house.shelf).inspected(picture) as seen:
            made_here = await self.house.ledger.image_of(seen.digest)
            if made_here is not None:
                return Known(made_here.recipe, _infotext(seen))
            return _of_stranger(seen)

    async def _presses(self, interaction: Interaction, words: Words, known: Known) -> list[Press]:
        if known.image is not None:
            remix = [Press(words("button-remix"), "x", (known.image.id, 1))] if drawn(known.image.recipe) else []
            return [Press(words("info-again"), "a", (known.image.id,)), *remix]
        request = _repeatable(known.made_by)
        if request is None:
            return []
        payload = {"request": request.model_dump(mode="json")}
        draft = await Drafts(self.house.database).make(interaction, _DRAFT, payload, PATIENCE)
        return [Press(words("info-again"), "ag", (draft,)), Press(words("button-remix"), _DRAFT, (draft,))]


def _of_stranger(seen: Inspected) -> Known:
    says = seen.says
    if says is None:
        return Known()
    return Known(says.recipe or says.request, says.infotext, says.notes)


def _infotext(seen: Inspected) -> str:
    return seen.says.infotext if seen.says else ""


def _said(words: Words, known: Known) -> tuple[str, discord.File | None]:
    """The message, and the infotext as a file if it has no room in it."""
    lines = facts(words, known.made_by) if known.made_by else [words("info-nothing")]
    lines += [sentence(note) for note in known.notes[:_MOST_NOTES]]
    content = clipped("\n".join(lines), LONGEST_MESSAGE)
    if not known.infotext:
        return content, None
    whole = f"{content}\n{code_block(known.infotext)}"
    if clipped(whole, LONGEST_MESSAGE) == whole:
        return whole, None
    return content, discord.File(io.BytesIO(known.infotext.encode("utf-8", "replace")), "infotext.txt")


def _repeatable(made_by: Recipe | Request | None) -> Request | None:
    """The request that draws the same again; None if there is none, or if it needs pictures that are not here."""
    if isinstance(made_by, Recipe):
        first = drawn(made_by)
        made_by = first.as_request() if first else None
    request = repeatable(made_by)
    return request and request.model_copy(update={"seed": new_seed() if request.seed is None else request.seed})
