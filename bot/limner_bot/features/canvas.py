"""Drawing on a picture: zoom out, pan, make square, and a region anew."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import discord

from limner_bot.asking.growing import (
    REGION_DENOISE,
    SIDES,
    Ground,
    Growth,
    grown,
    panned,
    redrawn_within,
    squared,
    zoomed,
)
from limner_bot.asking.regions import Region, mask_of, parse_region
from limner_bot.house import AnyCommand, House
from limner_bot.pictures.uploads import check_upload
from limner_bot.queue.identity import ID
from limner_bot.queue.records import Order
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import LONGEST_TEXT, Field, Uploaded, entered, files, form
from limner_bot.talking.guard import Refusal, words_for
from limner_bot.words import Mistake, Words
from limner_sdk import DiskFull, Request

from .masks import kept_mask
from .sources import Source, ground_of, source_of

Interaction = discord.Interaction[Any]

_FACTORS: Final = ("1.5", "2")
_CUSTOM: Final = "custom"
_SQUARE: Final = "square"
_SIDES: Final = "|".join(SIDES)
#: What stands in the form of a zoom at first.
_USUAL_FACTOR: Final = "1.75"


@dataclass(frozen=True)
class Canvas:
    """A picture as a canvas."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """Zoom, pan, square and region, and the forms that they open."""
        factors = "|".join(factor.replace(".", r"\.") for factor in _FACTORS)
        return (
            Action("z", self.grow, f"({ID}):({factors}|{_CUSTOM})"),
            Action("n", self.grow, f"({ID}):({_SIDES})"),
            Action("q", self.square, f"({ID})"),
            Action("zs", self.grow_as_written, f"({ID}):({factors}|{_CUSTOM}|{_SIDES}|{_SQUARE})"),
            Action("g", self.open_region, f"({ID})"),
            Action("gs", self.redraw, f"({ID})"),
        )

    async def square(self, interaction: Interaction, image: str) -> None:
        """Fill a picture up to a square."""
        await self.grow(interaction, image, _SQUARE)

    async def grow(self, interaction: Interaction, image: str, how: str) -> None:
        """Draw what lies around a picture; a form asks for what must be said."""
        source = await source_of(self.house, interaction, image)
        ground = await ground_of(self.house, source.image)
        if how == _CUSTOM or not ground.base.prompt.strip():
            await _open_growth(interaction, ground, image, how)
            return
        await self._order(interaction, source, grown(ground, _growth(ground, how)))

    async def grow_as_written(self, interaction: Interaction, image: str, how: str) -> None:
        """The same with what was written into the form."""
        source = await source_of(self.house, interaction, image)
        ground = await ground_of(self.house, source.image)
        written = entered(interaction)
        growth = zoomed(ground, _factor(written.get("factor", ""))) if how == _CUSTOM else _growth(ground, how)
        await self._order(interaction, source, grown(ground, growth, written.get("prompt", "")))

    async def _order(self, interaction: Interaction, source: Source, request: Request) -> None:
        known = self.house.menu.redrawn(request)
        await self.house.desk.take(interaction, "outpaint", known, source.image, private=source.private)

    async def open_region(self, interaction: Interaction, image: str) -> None:
        """Ask which part of a picture shall be drawn anew, and what it shall show."""
        source = await source_of(self.house, interaction, image)
        ground, words = await ground_of(self.house, source.image), words_for(interaction)
        fields = (
            Field("mask", words("region-mask"), "file", words("region-mask-help")),
            Field("region", words("region-words"), "line", words("region-words-help"), most=100),
            _prompt(words, ground),
            Field("strength", words("region-strength"), "line", words("region-strength-help"), f"{REGION_DENOISE:g}"),
        )
        await interaction.response.send_modal(form(custom_id("gs", image), words("region-title"), fields))

    async def redraw(self, interaction: Interaction, image: str) -> None:
        """Draw the region that was said; a mask is fetched after the first answer, which cannot wait."""
        source = await source_of(self.house, interaction, image)
        ground = await ground_of(self.house, source.image)
        written, mask = entered(interaction), files(interaction).get("mask")
        if mask is not None:
            check_upload(mask, "mask")
        region = None if mask else parse_region(written.get("region", "")) if written.get("region") else None
        if mask is None and region is None:
            raise Refusal.of("region-nothing")
        strength = _share(written.get("strength", ""))
        request = redrawn_within(ground, "mask", written.get("prompt"), strength)
        known = self.house.menu.redrawn(request)
        order, room = self.house.desk.order(interaction, "inpaint", known, source.image, private=source.private)
        prepare = functools.partial(self._prepared, ground=ground, drawn=region or cast(Uploaded, mask))
        await self.house.desk.take_arriving(interaction, order, room, prepare)

    async def _prepared(self, order: Order, ground: Ground, drawn: Region | Uploaded) -> Order:
        """The order with the mask in its job's folder."""
        if isinstance(drawn, Region):
            path = await _keep(self.house, order, mask_of(drawn, ground.size))
        else:
            path = str(await kept_mask(self.house, order.id, drawn, ground))
        return replace(order, request=order.request.model_copy(update={"mask": path}))


async def _keep(house: House, order: Order, data: bytes) -> str:
    try:
        return str(await asyncio.to_thread(house.shelf.keep, order.id, data, ".png", "mask"))
    except OSError as error:
        raise DiskFull(f"a mask cannot be kept: {error}") from error


def _growth(ground: Ground, how: str) -> Growth:
    if how == _SQUARE:
        return squared(ground)
    return panned(ground, how) if how in SIDES else zoomed(ground, float(how))


async def _open_growth(interaction: Interaction, ground: Ground, image: str, how: str) -> None:
    words = words_for(interaction)
    fields = [_prompt(words, ground)]
    if how == _CUSTOM:
        told = words("zoom-factor"), words("zoom-factor-help")
        fields.insert(0, Field("factor", told[0], "line", told[1], _USUAL_FACTOR, required=True, most=8))
    await interaction.response.send_modal(form(custom_id("zs", image, how), words("zoom-title"), fields))


def _prompt(words: Words, ground: Ground) -> Field:
    """Raises `Refusal` for a prompt that no form has room for."""
    if len(ground.base.prompt) > LONGEST_TEXT:
        raise Refusal.of("remix-too-long", most=LONGEST_TEXT)
    return Field("prompt", words("remix-prompt"), "paragraph", default=ground.base.prompt, required=True)


def _factor(text: str) -> float:
    return _number("factor", text, "mistake-no-factor")


def _share(text: str) -> float:
    strength = _number("strength", text or f"{REGION_DENOISE}", "mistake-no-share")
    if not 0 < strength <= 1:
        raise Mistake("strength", text, "mistake-share-outside")
    return strength


def _number(field: str, text: str, key: str) -> float:
    try:
        return float(text.strip().rstrip("x×").replace(",", "."))
    except ValueError:
        raise Mistake(field, text, key) from None
