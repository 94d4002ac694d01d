"""What Discord's answers mean for a message on its way, and what a message becomes that Discord does not like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import aiohttp
import discord
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from .posts import Post

#: What may pass by itself.
PASSING: Final = (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
#: How often one door is tried with a message that Discord finds wrong, each time with less in it.
MOST_WRONG: Final = 3
#: Below so many bytes no smaller file is tried.
_LEAST_FILE: Final = 2**20
#: What Discord says of the place and not of the message: too many edits of an old message, too many follow-ups, no text
#: channel, closed direct messages, an archived thread.
_TOO_MANY_EDITS: Final = 30046
_OF_THE_PLACE: Final = frozenset({_TOO_MANY_EDITS, 40094, 50008, 50007, 50083, 50278})

#: Makes a message whose files have at most so many bytes; 0 is for none.
Compose: TypeAlias = Callable[[int], Awaitable[Post]]


@dataclass(frozen=True)
class Versions:
    """A message for each size of file, made once."""

    compose: Compose
    _made: dict[int, Post] = field(default_factory=dict)

    async def of(self, most_bytes: int) -> Post:
        """The message with files of at most `most_bytes`."""
        if most_bytes not in self._made:
            self._made[most_bytes] = await self.compose(most_bytes)
        return self._made[most_bytes]


async def simpler(versions: Versions, most_bytes: int, wrong: int) -> Post:
    """The message, without its buttons after one complaint, and without its file after two."""
    if not wrong:
        return await versions.of(most_bytes)
    return replace(await versions.of(most_bytes if wrong == 1 else 0), presses=())


def lower(most_bytes: int) -> int:
    """The next size to try after what Discord itself has named was too large for it."""
    if most_bytes > DEFAULT_FILE_SIZE_LIMIT_BYTES:
        return DEFAULT_FILE_SIZE_LIMIT_BYTES
    return most_bytes // 2 if most_bytes >= 2 * _LEAST_FILE else 0


def is_too_large(error: Exception) -> bool:
    """Whether the file, or the whole request, is too large for Discord."""
    return isinstance(error, discord.HTTPException) and error.status == 413


def is_wrong(error: Exception) -> bool:
    """Whether Discord complains about the message, not about the place."""
    return isinstance(error, discord.HTTPException) and error.status == 400 and error.code not in _OF_THE_PLACE


def passing(error: discord.HTTPException, by_token: bool) -> bool:
    """Whether another try may help; `by_token` if the interaction's token was used and not the bot's own."""
    if error.code == _TOO_MANY_EDITS:
        return False
    # 401 by the bot's own token means that the operator has to act, not that the message cannot be sent.
    return error.status == 429 or error.status >= 500 or (error.status == 401 and not by_token)
