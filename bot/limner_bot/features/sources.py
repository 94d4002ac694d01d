"""The picture that a button is about, and what follows from where it was clicked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import discord

from limner_bot.asking.growing import Ground
from limner_bot.house import House
from limner_bot.queue.records import Image, Job
from limner_bot.talking.access import is_between_us
from limner_bot.talking.guard import Refusal

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Source:
    """A picture that somebody may use here, the job that made it, and whether what comes of it is for them alone."""

    image: Image
    job: Job
    private: bool


async def source_of(house: House, interaction: Interaction, image: str) -> Source:
    """The picture of this id. Raises `Refusal`."""
    found = await house.desk.source(interaction, image)
    job = await house.ledger.job(found.job_id)
    if job is None:
        raise Refusal.of("unknown-picture")
    return Source(found, job, is_private(interaction, job))


def is_private(interaction: Interaction, job: Job) -> bool:
    """What comes of a private picture is private, and so is what is asked for where nobody else looks."""
    message = interaction.message
    hidden = message is not None and message.flags.ephemeral
    return hidden or (job.private and not is_between_us(interaction))


async def ground_of(house: House, image: Image) -> Ground:
    """A picture to draw on. Raises `Refusal` if its file is not there."""
    path = house.shelf.path(image.job_id, image.file)
    if image.gone or not await asyncio.to_thread(path.is_file):
        raise Refusal.of("file-gone" if image.gone else "file-missing")
    return Ground.of(image, str(path), house.menu.native(image.recipe.model.id))
