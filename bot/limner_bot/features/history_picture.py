"""One picture of a history: large, with its settings, where it comes from and what became of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import discord

from limner_bot.asking.menu import drawn
from limner_bot.delivering import texts
from limner_bot.delivering.parcels import Packer, Unfit
from limner_bot.delivering.posts import Post, Press, Upload
from limner_bot.house import House
from limner_bot.pictures.shelf import DamagedResult
from limner_bot.queue.histories import Entry, Lineage
from limner_bot.talking.guard import words_for
from limner_bot.talking.harmless import quoted
from limner_bot.words import Words

from .history_page import FAVOURITE

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]


async def picture_shown(
    house: House, interaction: Interaction, entry: Entry, lineage: Lineage, back: tuple[str, str, str]
) -> Post:
    """The message with one picture; `back` is the verb, the draft and the anchor of the page that it was opened on."""
    words = words_for(interaction)
    file, note = await _file(house, interaction, entry)
    lines = [
        _what(words, entry),
        texts.details(words, [entry.image], house.menu.label),
        *_descent(words, entry, lineage),
    ]
    lines += [words(note)] if note else []
    is_own = entry.job.user_id == interaction.user.id
    presses = _presses(words, entry, back, is_own=is_own)
    return Post("\n".join(lines), (file,) if file else (), presses)


async def _file(house: House, interaction: Interaction, entry: Entry) -> tuple[Upload | None, str]:
    """The picture in as many bytes as this place takes, or the name of the sentence that says why it is not there."""
    image, is_own = entry.image, entry.job.user_id == interaction.user.id
    if image.gone:
        return None, "file-gone"
    metadata = is_own or house.policies.rules.holding(entry.job.guild_id).metadata
    packer = Packer(house.shelf, house.darkroom)
    try:
        name, most = f"limner-{image.id}", interaction.filesize_limit
        parcel = await packer.pack(image.job_id, image.file, name, most, metadata=metadata)
    except (OSError, DamagedResult, Unfit) as error:
        log.warning("picture %s: %s", image.id, error)
        return None, "history-too-large" if isinstance(error, Unfit) else "file-missing"
    return parcel.upload, ""


def _what(words: Words, entry: Entry) -> str:
    prompt = entry.image.recipe.prompt
    what = quoted(prompt) if prompt.strip() else words("job-a-picture")
    return f"{FAVOURITE} {what}" if entry.favourite else what


def _descent(words: Words, entry: Entry, lineage: Lineage) -> Iterator[str]:
    """Where a picture comes from, and what became of it."""
    if lineage.parent is not None:
        image, job = lineage.parent
        yield texts.derived(words, texts.relation(entry.job), image, job.link if job.state == "delivered" else None)
    if links := " ".join(job.link for job in lineage.children if job.link):
        yield words("history-children", links=links)


def _presses(words: Words, entry: Entry, back: tuple[str, str, str], *, is_own: bool) -> tuple[Press, ...]:
    image, is_there = entry.image, not entry.image.gone
    verb, draft, anchor = back
    first = [Press(words("button-post-here"), "hs", (image.id,), style=discord.ButtonStyle.primary)] * is_there
    first += [Press(words("button-reuse"), "hx", (image.id,))] * (drawn(image.recipe) is not None)
    first += [Press(words("button-favourite"), "f", (image.id,))]
    first += [Press(words("button-original"), "o", (image.id,))] * is_there
    danger = discord.ButtonStyle.danger
    first += [Press(words("button-delete"), "d", (entry.job.id,), style=danger)] * is_own
    return (*first, Press(words("button-back"), verb, (draft, "older", anchor), 1))
