"""Where exceptions of commands and buttons end: a sentence for the person, a line for the log."""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, Protocol, Self, TypeVar, cast

import aiohttp
import discord

from limner_bot.words import Dictionary, Said, Words
from limner_bot.words.mistakes import told
from limner_sdk import DiskFull, InvalidRequest, LimnerError

from .harmless import sentence

log = logging.getLogger(__name__)

P = ParamSpec("P")
S = TypeVar("S")
Interaction = discord.Interaction[Any]

ALREADY_ACKNOWLEDGED: Final = 40060
UNKNOWN_INTERACTION: Final = 10062
_GONE: Final = (UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED)


class Refusal(LimnerError):
    """The person may not, or cannot, do that; what is said to them is a sentence of ours."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.key)
        self.said = said

    @classmethod
    def of(cls, key: str, /, **args: str | int | float) -> Self:
        """The refusal with the sentence called `key`."""
        return cls(Said(key, args))


class Speaks(Protocol):
    """The client that an interaction arrives at."""

    @property
    def dictionary(self) -> Dictionary: ...

    def language(self, interaction: Interaction, *, personal: bool) -> str | None: ...


def words_for(interaction: Interaction) -> Words:
    """The language of the person: what they have chosen, or that of their Discord."""
    speaker = cast(Speaks, interaction.client)
    return speaker.dictionary.of(speaker.language(interaction, personal=True) or interaction.locale)


def words_here(interaction: Interaction) -> Words:
    """The language of the place: what was chosen for it, that of the server, or of the person in direct messages."""
    speaker = cast(Speaks, interaction.client)
    chosen = speaker.language(interaction, personal=interaction.guild_id is None)
    return speaker.dictionary.of(chosen or interaction.guild_locale or interaction.locale)


def guarded(
    handler: Callable[Concatenate[S, Interaction, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[S, Interaction, P], Coroutine[Any, Any, None]]:
    """Wrap a method that answers an interaction, so that no exception vanishes and no person is left alone."""

    @functools.wraps(handler)
    async def safely(self: S, interaction: Interaction, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await handler(self, interaction, *args, **kwargs)
        except Exception as error:
            await explain(interaction, error)

    return safely


async def explain(interaction: Interaction, error: Exception) -> None:
    """Tell the person what `error` means for them, and the log what it means for us."""
    if isinstance(error, discord.HTTPException) and error.code in _GONE:
        log.info("interaction %d came too late or twice: %s", interaction.id, error)
        return
    try:
        await tell_privately(interaction, sentence_for(error, words_for(interaction)))
    except (discord.HTTPException, aiohttp.ClientError, OSError) as failure:
        log.warning("interaction %d could not be answered: %s", interaction.id, failure)


def sentence_for(error: Exception, words: Words) -> str:
    """What the person reads."""
    match error:
        case Refusal():
            return words.say(error.said)
        case DiskFull():
            return words("disk-full")
        case InvalidRequest():
            return sentence(told(error, words))
        case LimnerError():
            return sentence(str(error))
        case _:
            code = secrets.token_hex(4)
            log.error("%s", code, exc_info=error)
            return words("accident", code=code)


async def tell_privately(interaction: Interaction, content: str, view: discord.ui.View = discord.utils.MISSING) -> None:
    """Say something that only the person sees, whatever was answered before."""
    if not interaction.response.is_done():
        await interaction.response.send_message(content, view=view, ephemeral=True)
        return
    if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
        # The first follow-up would fill the public "is thinking" message.
        await interaction.delete_original_response()
    await interaction.followup.send(content, view=view, ephemeral=True)
