"""Messages that go: deleted, emptied, or without their link to what is no longer there."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

import discord

from limner_bot.delivering import texts
from limner_bot.delivering.verdicts import PASSING
from limner_bot.house import House
from limner_bot.queue.fading import Fading, FadingList
from limner_bot.queue.records import Image, Job
from limner_bot.talking.guard import words_here
from limner_bot.words import Dictionary

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]
_NOBODY: Final = discord.AllowedMentions.none()


def is_out_of_reach(job: Job) -> bool:
    """Whether only a click on a job's message, or the token that sent it, reaches that message."""
    return job.message_id is not None and not job.is_reached


async def remove_clicked(interaction: Interaction) -> None:
    """Delete the message that was clicked, by that click, which was acknowledged; it is emptied at least."""
    try:
        await interaction.delete_original_response()
    except discord.NotFound:
        log.info("a message was gone already")
    except discord.HTTPException as error:
        log.info("a message is emptied, as it stays: %s", error)
        await interaction.edit_original_response(content=words_here(interaction)("deleted"), attachments=[], view=None)


async def remove(interaction: Interaction, job: Job, later: FadingList) -> bool:
    """Delete a job's message, or see to it that this is done later; whether nobody can see it any more."""
    message = _message(interaction, job)
    if message is None:
        return job.message_id is None
    try:
        await message.delete()
    except discord.NotFound:
        log.info("the message of job %s was gone already", job.id)
    except discord.Forbidden as error:
        log.info("the message of job %s stays: %s", job.id, error)
        return False
    except PASSING as error:
        log.info("the message of job %s is deleted later: %s", job.id, error)
        await later.add(Fading(job.channel_id, message.id, ""))
    return True


async def cut_links(interaction: Interaction, parent: Job, children: Iterable[Job], house: House) -> None:
    """Messages that derive from one that is gone no longer link to it."""
    for child in children:
        source = await house.ledger.image(child.source_id or "")
        message = _message(interaction, child)
        if source is None or message is None or parent.link is None:
            continue
        try:
            await _cut_link(message, child, source, parent.link, house.dictionary)
        except (discord.NotFound, discord.Forbidden) as error:
            log.info("the message of job %s keeps its link: %s", child.id, error)


async def _cut_link(
    message: discord.PartialMessage, child: Job, source: Image, link: str, dictionary: Dictionary
) -> None:
    words = dictionary.of(child.locale)
    before, after = (texts.derived(words, texts.relation(child), source, where) for where in (link, None))
    content = (await message.fetch()).content
    if before in content:
        await message.edit(content=content.replace(before, after), allowed_mentions=_NOBODY)


def _message(interaction: Interaction, job: Job) -> discord.PartialMessage | None:
    """The message of a job, unless it is out of reach."""
    if job.message_id is None or is_out_of_reach(job):
        return None
    client: discord.Client = interaction.client
    return client.get_partial_messageable(job.channel_id).get_partial_message(job.message_id)
