"""Sends people everything there is of theirs, part by part, into private messages."""

from __future__ import annotations

import asyncio
import io
import logging
from typing import Any, Final

import discord

from limner_bot.delivering.posts import Press, view_of
from limner_bot.exporting import Packed, Part, pack, pictures_of, texts_about, zipped
from limner_bot.house import House
from limner_bot.talking.guard import Refusal, words_for

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

#: Parts of one click; another one goes on from there.
MOST_PARTS: Final = 10


async def send_everything(house: House, interaction: Interaction, after: int) -> None:
    """Send parts of somebody's data that begin behind the picture of this number; the first click also gets texts.

    The interaction must have been answered by a waiting private message. Raises `Refusal`.
    """
    user, most = interaction.user.id, interaction.filesize_limit
    texts = [] if after else await texts_about(house.database, user)
    images = await pictures_of(house.database, user, after)
    packed = await asyncio.to_thread(pack, texts, images, house.shelf, most, MOST_PARTS)
    for number, part in enumerate(packed.parts, start=1):
        await _send(interaction, part, number, len(packed.parts))
    words = words_for(interaction)
    rest = (Press(words("button-export-rest"), "mx", (packed.last,)),) if packed.left else ()
    view = view_of(rest) or discord.utils.MISSING
    await interaction.followup.send(_told(interaction, packed), view=view, ephemeral=True)


async def _send(interaction: Interaction, part: Part, number: int, of: int) -> None:
    """The first part goes into the message that waits."""
    words = words_for(interaction)
    try:
        data = await asyncio.to_thread(zipped, part)
    except OSError as error:
        log.warning("an export stops: %s", error)
        raise Refusal.of("export-changed") from None
    text = words("export-part", number=number, of=of)
    file = discord.File(io.BytesIO(data), f"limner-data-{number}.zip")
    if number == 1:
        await interaction.edit_original_response(content=text, attachments=[file])
    else:
        await interaction.followup.send(text, file=file, ephemeral=True)


def _told(interaction: Interaction, packed: Packed) -> str:
    """What is there, and what is not."""
    words = words_for(interaction)
    lines = [words("export-left", count=packed.left) if packed.left else words("export-done")]
    lines += [words("export-too-large", count=packed.too_large)] if packed.too_large else []
    return "\n".join(lines)
