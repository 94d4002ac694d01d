"""Using a picture's settings again: a form with all of them, and a job of what somebody makes of it."""

from __future__ import annotations

from typing import Any

import discord

from limner_bot.asking.menu import PICTURES, drawn
from limner_bot.asking.remixing import Form, escaped, line_of, remixed
from limner_bot.house import House
from limner_bot.queue.histories import Entry
from limner_bot.queue.records import Image, Job, Kind
from limner_bot.talking.access import require_room_to_work
from limner_bot.talking.actions import custom_id
from limner_bot.talking.forms import LONGEST_TEXT, Field, entered, form
from limner_bot.talking.guard import Refusal, words_for
from limner_sdk import Recipe

Interaction = discord.Interaction[Any]


async def open_form(interaction: Interaction, entry: Entry | None) -> None:
    """The form. Raises `Refusal` for a picture that is not this person's, has no settings, or too long ones."""
    image, recipe, job = _usable(entry)
    words = words_for(interaction)
    prompt = escaped(recipe.prompt)
    if max(len(prompt), len(recipe.negative)) > LONGEST_TEXT:
        raise Refusal.of("remix-too-long", most=LONGEST_TEXT)
    private = str(job.private).lower()
    fields = (
        Field("prompt", words("remix-prompt"), "paragraph", default=prompt, required=True),
        Field("negative", words("remix-negative"), "paragraph", default=recipe.negative),
        Field("options", words("remix-options"), "line", words("reuse-options-help"), default=line_of(recipe)),
        Field("private", words("reuse-private"), "switch", default=private),
    )
    await interaction.response.send_modal(form(custom_id("hxs", image.id), words("reuse-title"), fields))


async def order(house: House, interaction: Interaction, entry: Entry | None) -> None:
    """Draw what was written. The message says where it comes from if that is no secret here."""
    require_room_to_work(interaction)
    image, recipe, job = _usable(entry)
    written = entered(interaction)
    said = Form(written.get("prompt", ""), written.get("negative", ""), written.get("options", ""))
    request = remixed(recipe, said, house.menu, min(PICTURES, job.request.count or PICTURES))
    private = written.get("private") == "true"
    is_known_here = private or (not job.private and job.guild_id == interaction.guild_id)
    kind: Kind = "remix" if is_known_here else "imagine"
    await house.desk.take(interaction, kind, request, image if is_known_here else None, private=private)


def _usable(entry: Entry | None) -> tuple[Image, Recipe, Job]:
    if entry is None:
        raise Refusal.of("unknown-picture")
    recipe = drawn(entry.image.recipe)
    if recipe is None:
        raise Refusal.of("remix-not-drawn")
    return entry.image, recipe, entry.job
