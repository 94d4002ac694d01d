"""Remix: a form with the settings of a picture, and the job that is made of what somebody writes into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from limner_bot.asking.menu import STRONG, VARIATION_STRENGTH, drawn, varied
from limner_bot.asking.remixing import Form, escaped, line_of, remixed
from limner_bot.house import AnyCommand, House
from limner_bot.queue.identity import ID
from limner_bot.queue.records import Image, Kind
from limner_bot.talking.actions import Action, custom_id
from limner_bot.talking.forms import LONGEST_TEXT, Field, entered, form
from limner_bot.talking.guard import Refusal, words_for
from limner_sdk import Recipe

from .sources import source_of

Interaction = discord.Interaction[Any]

#: What a form was opened by, beside Remix itself, and what kind of job comes of it.
_KINDS: Final[dict[str, Kind]] = {"v": "variations", "vs": "variations", "r": "reroll"}
_STRENGTHS: Final = {"v": VARIATION_STRENGTH, "vs": STRONG}


@dataclass(frozen=True)
class Remix:
    """A picture with other settings."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """None."""
        return ()

    def actions(self) -> Sequence[Action]:
        """The button, and the form that it opens."""
        return (
            Action("x", self.open, f"({ID}):([1-9])"),
            Action("xs", self.order, f"({ID}):([1-9])(?::(v|vs|r))?"),
        )

    async def open(self, interaction: Interaction, image: str, count: str) -> None:
        """Show the settings of a picture."""
        source = await source_of(self.house, interaction, image)
        await open_form(interaction, source.image, int(count))

    async def order(self, interaction: Interaction, image: str, count: str, opened_by: str | None) -> None:
        """Draw what was written."""
        source = await source_of(self.house, interaction, image)
        recipe = _drawn(source.image)
        written = entered(interaction)
        said = Form(written.get("prompt", ""), written.get("negative", ""), written.get("options", ""))
        many = self.house.desk.admission.most_pictures(interaction, int(count))
        request = remixed(recipe, said, self.house.menu, many)
        if opened_by in _STRENGTHS and "seed" not in said.values():
            request = varied(request, recipe, _STRENGTHS[opened_by])
        kind = _KINDS.get(opened_by or "", "remix")
        await self.house.desk.take(interaction, kind, request, source.image, private=source.private)


async def open_form(interaction: Interaction, image: Image, count: int, opened_by: str = "") -> None:
    """The form with the settings of a picture; variations and re-rolls begin with a seed of their own.

    Raises `Refusal` for a picture that has no settings, or too long ones.
    """
    recipe, words = _drawn(image), words_for(interaction)
    prompt = escaped(recipe.prompt)
    if max(len(prompt), len(recipe.negative)) > LONGEST_TEXT:
        raise Refusal.of("remix-too-long", most=LONGEST_TEXT)
    line = line_of(recipe, seed=not opened_by)
    fields = (
        Field("prompt", words("remix-prompt"), "paragraph", default=prompt, required=True),
        Field("negative", words("remix-negative"), "paragraph", default=recipe.negative),
        Field("options", words("remix-options"), "line", words("remix-options-help"), default=line),
    )
    name = custom_id("xs", image.id, count, *filter(None, [opened_by]))
    await interaction.response.send_modal(form(name, words("remix-title"), fields))


def _drawn(image: Image) -> Recipe:
    recipe = drawn(image.recipe)
    if recipe is None:
        raise Refusal.of("remix-not-drawn")
    return recipe
