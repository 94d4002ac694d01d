"""How private messages are changed that turn pages: text, files and fresh buttons all at once."""

from __future__ import annotations

from typing import Any

import discord

from limner_bot.delivering.posts import Post
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped

Interaction = discord.Interaction[Any]


async def show(interaction: Interaction, post: Post) -> None:
    """Put a post into the message of a command, or of a click, that was acknowledged."""
    await interaction.edit_original_response(
        content=clipped(post.content, LONGEST_MESSAGE),
        attachments=post.attachments(),
        view=post.view(),
        allowed_mentions=discord.AllowedMentions.none(),
    )
