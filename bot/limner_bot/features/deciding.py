"""What the commands of administrators have in common: who sees them, and how they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import discord

from limner_bot.delivering.posts import Pick, Press, view_of
from limner_bot.house import House
from limner_bot.policy.limits_kept import EVERYBODY
from limner_bot.talking.access import is_admin, is_operator
from limner_bot.talking.guard import words_for
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, plain, quoted
from limner_bot.words import Words

Interaction = discord.Interaction[Any]

#: Who is shown a command; who may use it is decided at every call.
ADMINS: Final = discord.Permissions(manage_guild=True)
#: People, roles, channels and moments, which Discord's clients draw.
_DRAWN: Final = re.compile(r"(<(?:@[!&]?|#)[0-9]{1,20}>|<t:-?[0-9]{1,15}:[a-zA-Z]>)")


async def answer(interaction: Interaction, content: str, items: Sequence[Press | Pick] = ()) -> None:
    """Say something to the person alone, whose command or click was acknowledged."""
    await interaction.edit_original_response(
        content=clipped(content, LONGEST_MESSAGE),
        view=view_of(items),
        allowed_mentions=discord.AllowedMentions.none(),
    )


async def say(interaction: Interaction, key: str, /, **args: str | int | float) -> None:
    """Say one sentence."""
    await answer(interaction, words_for(interaction)(key, **args))


def may_decide(interaction: Interaction, house: House) -> bool:
    """Whether the person may be shown suggestions."""
    return is_admin(interaction) or is_operator(interaction, house.settings)


def of_role(words: Words, role_id: int) -> str:
    """A role, as Discord's clients draw it; everybody has none."""
    return words("everybody") if role_id == EVERYBODY else f"<@&{role_id}>"


def shown(text: str, *, whole: bool = False) -> str:
    """Text of other people in which mentions and moments are drawn; a `whole` one that is none of them is quoted."""
    if whole and text and not _DRAWN.fullmatch(text):
        return quoted(text, 200)
    return "".join(part if _DRAWN.fullmatch(part) else _plain(part) for part in _DRAWN.split(text))


def _plain(part: str) -> str:
    """The spaces around it stay."""
    kept = plain(part)
    return f"{' ' * part.startswith(' ')}{kept}{' ' * part.endswith(' ')}" if kept else " " * bool(part)
