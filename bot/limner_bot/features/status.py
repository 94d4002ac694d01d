"""/status: how the bot is doing, for everybody; those who run it are told more."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import discord
from discord import app_commands

from limner_bot.delivering import texts
from limner_bot.house import AnyCommand, House
from limner_bot.operating.vitals import Pulse, Upkeep, pulse, upkeep
from limner_bot.talking.access import is_operator
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import guarded, words_for
from limner_bot.talking.harmless import quoted, short
from limner_bot.words import Words

from .deciding import Interaction, answer

_MEGABYTE = 10**6


@dataclass(frozen=True)
class Status:
    """Tells figures; `begun` is when the bot started, in Unix seconds."""

    house: House
    begun: float = field(default_factory=time.time)

    def commands(self) -> Sequence[AnyCommand]:
        """/status."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()

    @guarded
    async def tell(self, interaction: Interaction) -> None:
        """All of them, to one person."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        house, words = self.house, words_for(interaction)
        lines = [words("status-title"), *self._host(words), *_queue(words, await pulse(house.database))]
        if is_operator(interaction, house.settings):
            lines += ["", *self._operating(words, await upkeep(house.settings, house.space))]
        await answer(interaction, "\n".join(lines))

    def _host(self, words: Words) -> Iterator[str]:
        dispatcher = self.house.dispatcher
        if not self.house.gate.is_open:
            yield words("not-accepting")
        if not self.house.gate.leaving:
            yield words("status-ready" if dispatcher.ready() else "status-not-ready")
        if dispatcher.loaded:
            yield words("status-model", name=short(dispatcher.loaded))

    def _operating(self, words: Words, told: Upkeep) -> Iterator[str]:
        yield words("status-versions", versions=", ".join(f"{name} {number}" for name, number in told.versions.items()))
        yield words("status-since", moment=f"<t:{self.begun:.0f}:R>")
        yield words("status-workers", count=self.house.dispatcher.losses)
        if trouble := self.house.dispatcher.trouble:
            yield words("status-trouble", reason=quoted(trouble, 300))
        yield words("status-disk", free=_megabytes(told.free), database=_megabytes(told.database))
        yield words("status-backup", moment="never" if told.backup is None else f"<t:{told.backup:.0f}:R>")


def _queue(words: Words, now: Pulse) -> Iterator[str]:
    oldest = "none" if now.oldest is None else f"<t:{now.oldest:.0f}:R>"
    yield words("status-waiting", count=now.waiting, oldest=oldest)
    yield words("status-hour", pictures=now.pictures, done=now.done, failed=now.failed, cancelled=now.cancelled)
    if now.waited is not None:
        yield words("status-waited", time=texts.lasted(words, now.waited))
    if now.took is not None:
        yield words("status-took", time=texts.lasted(words, now.took))


def _megabytes(amount: int) -> str:
    return f"{amount / _MEGABYTE:.0f}" if amount > 10 * _MEGABYTE else f"{amount / _MEGABYTE:.1f}"


def _command(serve: Status) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="status", description="Show how the bot is doing; only you see the answer")
    async def status(interaction: discord.Interaction[discord.Client]) -> None:
        await serve.tell(interaction)

    return status
