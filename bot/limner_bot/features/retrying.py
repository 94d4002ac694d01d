"""A form that was sent and cannot be used: what is wrong with it, and a button that opens it again as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import discord

from limner_bot.delivering.posts import Press, view_of
from limner_bot.house import House
from limner_bot.queue.drafts import Drafts
from limner_bot.talking.guard import sentence_for, tell_privately, words_for

Interaction = discord.Interaction[Any]

#: Seconds that somebody may take over a form.
PATIENCE: Final = 3600.0


async def offer_again(
    house: House, interaction: Interaction, error: Exception, verb: str, payload: Mapping[str, Any]
) -> None:
    """Say what is wrong; the button starts the action `verb` with a draft of that kind, which holds `payload`."""
    words = words_for(interaction)
    draft = await Drafts(house.database).make(interaction, verb, payload, PATIENCE)
    view = view_of([Press(words("button-edit-again"), verb, (draft,))]) or discord.utils.MISSING
    await tell_privately(interaction, sentence_for(error, words), view)
