"""Pictures that begin with another one: the forms of "Vary this" and "Use as input", and the jobs that come of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import discord

from limner_bot.asking.menu import PICTURES, drawn, variations_of
from limner_bot.asking.remixing import escaped
from limner_bot.asking.wanted import Begun, Wanted, requests_of
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.image_finder import Found
from limner_bot.pictures.strangers import Strangers
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID, new_seed
from limner_bot.queue.records import Image, Kind, Order
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import LONGEST_TEXT, MOST_OPTIONS, Field, entered, form
from limner_bot.talking.guard import Refusal, words_for
from limner_bot.words import Mistake, Words
from limner_sdk import InvalidRequest, Request, Size, Variation
from limner_sdk.darkroom import Inspected

from .privacy import wants_privacy
from .retrying import PATIENCE, offer_again
from .sources import source_of

Interaction = discord.Interaction[Any]

VARY, USE = "vary", "use"
_KINDS: Final[dict[str, Kind]] = {VARY: "variations", USE: "imagine"}
#: How much is drawn anew where nobody says anything else: a variation keeps what is there, an input only its lines.
_USUAL: Final = {VARY: "0.5", USE: "0.65"}
_DRAFT: Final = "pme"
#: What stands in a request until the picture has said what it shows.
_UNSAID: Final = "a picture"
#: Characters of the longest value that a menu takes.
_LONGEST_VALUE: Final = 100


@dataclass(frozen=True)
class Beginning:
    """Image to image. What a form is about lies in a draft, which may be sent more than once."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """What was written into a form, and the form again."""
        return (Action("pms", self.order, f"({ID})"), Action(_DRAFT, self.again, f"({ID})"))

    async def open_vary(self, interaction: Interaction, picture: Found) -> None:
        """What the picture shows, if it does not say so itself, and how far to go from it."""
        await self._open(interaction, VARY, picture, {})

    async def open_use(self, interaction: Interaction, picture: Found) -> None:
        """What to make of the picture."""
        source = await source_of(self.house, interaction, picture.image) if picture.image else None
        prompt = escaped(source.image.recipe.prompt) if source else ""
        await self._open(interaction, USE, picture, {"prompt": prompt if len(prompt) <= LONGEST_TEXT else ""})

    async def again(self, interaction: Interaction, draft: str) -> None:
        """The form as it was sent."""
        await self._show(interaction, draft, await self._draft(interaction, draft))

    async def order(self, interaction: Interaction, draft: str) -> None:
        """Draw what was written."""
        about = await self._draft(interaction, draft)
        written = entered(interaction)
        try:
            picture = Found(**about["picture"])
            if picture.image:
                await self._take_ours(interaction, about["act"], picture, written)
            else:
                await self._take(interaction, about["act"], picture, written)
        except InvalidRequest as error:
            await offer_again(self.house, interaction, error, _DRAFT, {**about, "written": written})

    async def _open(self, interaction: Interaction, act: str, picture: Found, written: Mapping[str, str]) -> None:
        about = {"act": act, "picture": asdict(picture), "written": written}
        draft = await Drafts(self.house.database).make(interaction, _DRAFT, about, PATIENCE)
        await self._show(interaction, draft, about)

    async def _show(self, interaction: Interaction, draft: str, about: Mapping[str, Any]) -> None:
        words, act, written = words_for(interaction), about["act"], about["written"]
        help_text = words("menu-prompt-help") if act == VARY else ""
        strength = written.get("strength", _USUAL[act])
        fields = [
            Field(
                "prompt",
                words("menu-prompt"),
                "paragraph",
                help_text,
                written.get("prompt", ""),
                required=act == USE,
            ),
            Field("strength", words("menu-strength"), "line", words("menu-strength-help"), strength, most=10),
            *([self._models(words, written.get("model", ""))] if act == USE else []),
        ]
        title = words("menu-vary-title" if act == VARY else "menu-use-title")
        await interaction.response.send_modal(form(custom_id("pms", draft), title, fields))

    def _models(self, words: Words, chosen: str) -> Field:
        models = [(model.label, model.id) for model in self.house.menu.catalogue.models]
        if 0 < len(models) <= MOST_OPTIONS and all(len(name) <= _LONGEST_VALUE for _, name in models):
            return Field("model", words("menu-model"), "choice", words("menu-model-help"), chosen, models)
        return Field("model", words("menu-model"), "line", words("menu-model-help"), chosen, most=200)

    async def _draft(self, interaction: Interaction, draft: str) -> Mapping[str, Any]:
        return (await Drafts(self.house.database).own(interaction, draft, _DRAFT)).payload

    async def _take_ours(self, interaction: Interaction, act: str, picture: Found, written: Mapping[str, str]) -> None:
        source = await source_of(self.house, interaction, picture.image)
        file = await self._file(source.image)
        size = Size(source.image.width, source.image.height)
        request = self._request(interaction, written, Begun(str(file), None, size))
        private = wants_privacy(self.house, interaction, source.job)
        await self.house.desk.take(interaction, _KINDS[act], request, source.image, private=private)

    async def _take(self, interaction: Interaction, act: str, picture: Found, written: Mapping[str, str]) -> None:
        """What can be checked before the picture is there is checked first."""
        said = written if written.get("prompt", "").strip() or act == USE else {**written, "prompt": _UNSAID}
        request = self._request(interaction, said, Begun("upload"))
        order, room = self.house.desk.order(
            interaction, _KINDS[act], request, private=wants_privacy(self.house, interaction)
        )

        async def prepare(order: Order) -> Order:
            strangers = Strangers(self.house.darkroom, self.house.shelf)
            file, seen = await strangers.keep(picture, order.id)
            begun = Begun(str(file), None, Size(seen.width, seen.height))
            if said is written:
                complete = self._request(interaction, said, begun)
            else:
                complete = await self._as_it_says(interaction, written, begun, seen)
                order = replace(order, notices=seen.says.notes if seen.says else ())
            decides = self.house.desk.admission
            return replace(order, request=decides.admit(interaction, decides.offered(interaction, complete)).request)

        await self.house.desk.take_arriving(interaction, replace(order, about=picture.message), room, prepare)

    def _request(self, interaction: Interaction, written: Mapping[str, str], begun: Begun) -> Request:
        strength = _strength(written.get("strength", ""))
        options = {"denoise": strength, "model": written.get("model", "").strip() or None}
        wanted = Wanted(written.get("prompt", ""), options, self.house.desk.admission.defaults(interaction))
        return requests_of(wanted, wanted.jobs(1), self.house.menu, begun)[0]

    async def _as_it_says(
        self, interaction: Interaction, written: Mapping[str, str], begun: Begun, seen: Inspected
    ) -> Request:
        """Variations of a picture by what is known of it, or by what it says of itself. Raises `InvalidRequest`.

        Where its model is not here, its noise means nothing: then drawing begins with the picture.
        """

        def like(prompt: str, negative: str | None) -> Request:
            request = self._request(interaction, {**written, "prompt": _UNSAID}, begun)
            words = {"prompt": prompt, "negative": negative or request.negative}
            return self.house.menu.known(request.model_copy(update=words))

        strength = _strength(written.get("strength", ""))
        made_here = await self.house.ledger.image_of(seen.digest)
        recipe = made_here.recipe if made_here else seen.says.recipe if seen.says else None
        if recipe is not None and (first := drawn(recipe)) is not None:
            if self._has(first.model.id):
                return self.house.menu.known(variations_of(first, strength))
            return like(first.prompt, first.negative)
        if (said := repeatable(seen.says.request if seen.says else None)) is None:
            raise Mistake("prompt", "", "mistake-picture-silent")
        if said.model is None:
            return like(said.prompt, said.negative)
        another = Variation(seed=new_seed(), strength=strength)
        changes = {"variations": (another,), "seed": new_seed() if said.seed is None else said.seed, "count": PICTURES}
        return self.house.menu.known(said.model_copy(update=changes))

    def _has(self, model: str) -> bool:
        models = self.house.menu.catalogue.models
        return not models or any(entry.id == model for entry in models)

    async def _file(self, image: Image) -> Path:
        path = self.house.shelf.path(image.job_id, image.file)
        if image.gone or not await asyncio.to_thread(path.is_file):
            raise Refusal.of("file-gone" if image.gone else "file-missing")
        return path


def repeatable(request: Request | None) -> Request | None:
    """The request if it shows something and needs no other picture, as those that strangers began with are not here."""
    if request is None or not request.prompt.strip():
        return None
    needed = (request.finished, request.image, request.mask, *(control.image for control in request.controls))
    return None if any(needed) else request


def _strength(text: str) -> float:
    try:
        number = float(text.strip().replace(",", ".") or _USUAL[VARY])
    except ValueError:
        number = -1.0
    if not 0 < number <= 1:
        raise Mistake("strength", text, "mistake-no-share")
    return number
