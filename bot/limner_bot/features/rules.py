"""/rules: words that must not stand in prompts, spoilers, channels, uploads and what posted files say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import Act
from limner_bot.policy.blocked_words import entry
from limner_bot.policy.rules import MOST_BLOCKED, MOST_LISTED, Rules, Spoiler, checked
from limner_bot.talking.access import require_scope
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import clipped, label, quoted
from limner_bot.words import Words

from .deciding import ADMINS, Interaction, answer, may_decide, say

Sent = discord.Interaction[discord.Client]
Switch = Literal["metadata", "uploads", "age_restricted_only"]
_SUGGESTIONS: Final = 25
_SPOILERS: Final = {
    "never": "rules-spoiler-never",
    "outside": "rules-spoiler-outside",
    "always": "rules-spoiler-always",
}
_POLICIES: Final = [
    Choice(name="never", value="never"),
    Choice(name="outside of age-restricted channels", value="outside"),
    Choice(name="always", value="always"),
]
_SWITCHES: Final = {
    "metadata": ("rules-metadata-off", "rules-metadata-on"),
    "uploads": ("rules-uploads-off", "rules-uploads-on"),
    "age_restricted_only": ("rules-age-off", "rules-age-on"),
}
_ACTS: Final = {
    "metadata": ("act-metadata-off", "act-metadata-on"),
    "uploads": ("act-uploads-off", "act-uploads-on"),
    "age_restricted_only": ("act-age-off", "act-age-on"),
}


@dataclass(frozen=True)
class RulesFeature:
    """Rules of content."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/rules."""
        return (_Commands(self.house),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()


class AnyChannel(app_commands.Transformer):
    """The id of a channel in which messages are written, or of a category; whether the bot sees it does not matter."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """What clients offer."""
        kinds = discord.ChannelType
        return [kinds.text, kinds.voice, kinds.category, kinds.news, kinds.stage_voice, kinds.forum]

    async def transform(self, interaction: Interaction, value: Any, /) -> int:
        """Its id."""
        return int(value.id)


ChannelId: TypeAlias = app_commands.Transform[int, AnyChannel]


class _Commands(app_commands.Group):
    """The group."""

    def __init__(self, house: House) -> None:
        text = "What may be made here and how it is shown (administrators)"
        super().__init__(name="rules", description=text, default_permissions=ADMINS)
        self._house = house

    @app_commands.command(name="show", description="Show the rules")
    @app_commands.describe(everywhere="Those of all servers (operators)")
    async def show(self, interaction: Sent, everywhere: bool = False) -> None:
        await self._show(interaction, everywhere)

    @app_commands.command(name="block", description="Refuse prompts with these words")
    @app_commands.describe(
        words="Words or phrases, separated by commas; * stands for any letters: gore*",
        everywhere="In all servers and direct messages (operators)",
    )
    async def block(self, interaction: Sent, words: str, everywhere: bool = False) -> None:
        await self._block(interaction, words, everywhere)

    @app_commands.command(name="unblock", description="Allow a word again")
    @app_commands.describe(word="The word as /rules show lists it", everywhere="In all servers (operators)")
    async def unblock(self, interaction: Sent, word: str, everywhere: bool = False) -> None:
        await self._unblock(interaction, word, everywhere)

    @app_commands.command(name="spoiler", description="Hide pictures until somebody clicks on them")
    @app_commands.describe(policy="Where they are hidden", everywhere="In all servers (operators)")
    @app_commands.choices(policy=_POLICIES)
    async def spoiler(self, interaction: Sent, policy: str, everywhere: bool = False) -> None:
        await self._spoiler(interaction, cast(Spoiler, policy), everywhere)

    @app_commands.command(name="metadata", description="Whether posted files say how they were made")
    @app_commands.describe(on="True if they say it", everywhere="In all servers (operators)")
    async def metadata(self, interaction: Sent, on: bool, everywhere: bool = False) -> None:
        await self._switch(interaction, "metadata", on, everywhere)

    @app_commands.command(name="uploads", description="Whether members may bring pictures of their own")
    @app_commands.describe(on="True if they may", everywhere="In all servers (operators)")
    async def uploads(self, interaction: Sent, on: bool, everywhere: bool = False) -> None:
        await self._switch(interaction, "uploads", on, everywhere)

    @app_commands.command(name="adults", description="Whether pictures are made in age-restricted channels only")
    @app_commands.describe(on="True if only there", everywhere="In all servers (operators)")
    async def adults(self, interaction: Sent, on: bool, everywhere: bool = False) -> None:
        await self._switch(interaction, "age_restricted_only", on, everywhere)

    @app_commands.command(name="channel", description="Make pictures in listed channels only; with none listed, in all")
    @app_commands.describe(channel="A channel or a category", listed="False takes it off the list")
    @app_commands.guild_only()
    async def channel(self, interaction: Sent, channel: ChannelId, listed: bool = True) -> None:
        await self._channel(interaction, channel, listed)

    @unblock.autocomplete("word")
    async def suggest(self, interaction: Sent, typed: str) -> list[Choice[str]]:
        """The blocked words that could be meant."""
        if not may_decide(interaction, self._house):
            return []
        everywhere = bool(getattr(interaction.namespace, "everywhere", False))
        try:
            scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        except Refusal:
            return []
        blocked = self._house.policies.rules.own(scope).blocked
        found = [word for word in blocked if typed.casefold() in word.casefold()]
        return [Choice(name=label(word, 100), value=word) for word in found[:_SUGGESTIONS]]

    @guarded
    async def _show(self, interaction: Interaction, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        words, rules = words_for(interaction), self._house.policies.rules.own(scope)
        title = words("rules-title-everywhere" if everywhere else "rules-title")
        await answer(interaction, "\n".join([title, *described(words, rules)]))

    @guarded
    async def _block(self, interaction: Interaction, text: str, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        new = [entry(word) for word in text.split(",") if word.strip()]
        if not new:
            raise Refusal.of("rules-no-words")
        await interaction.response.defer(ephemeral=True, thinking=True)

        def change(rules: Rules) -> Rules:
            return rules.changed(blocked=checked((*rules.blocked, *new), MOST_BLOCKED, "words"))

        await self._change(interaction, scope, change, "act-words-blocked", ", ".join(new))
        await say(interaction, "rules-blocked", words=_listed(new))

    @guarded
    async def _unblock(self, interaction: Interaction, text: str, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        word = next((each for each in self._house.policies.rules.own(scope).blocked if _same(each, text)), None)
        if word is None:
            raise Refusal.of("rules-not-blocked", word=quoted(text, 100))

        def change(rules: Rules) -> Rules:
            return rules.changed(blocked=tuple(each for each in rules.blocked if each != word))

        await self._change(interaction, scope, change, "act-word-unblocked", word)
        await say(interaction, "rules-unblocked", word=quoted(word, 100))

    @guarded
    async def _spoiler(self, interaction: Interaction, policy: Spoiler, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._change(interaction, scope, lambda rules: rules.changed(spoiler=policy), "act-spoiler", policy)
        await say(interaction, _SPOILERS[policy])

    @guarded
    async def _switch(self, interaction: Interaction, name: Switch, on: bool, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._change(interaction, scope, lambda rules: rules.changed(**{name: on}), _ACTS[name][on])
        await say(interaction, _SWITCHES[name][on])

    @guarded
    async def _channel(self, interaction: Interaction, channel: int, listed: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=False)
        await interaction.response.defer(ephemeral=True, thinking=True)

        def change(rules: Rules) -> Rules:
            others = tuple(each for each in rules.channels if each != channel)
            return rules.changed(channels=checked((*others, *([channel] * listed)), MOST_LISTED, "channel"))

        action = "act-channel-listed" if listed else "act-channel-unlisted"
        new = await self._change(interaction, scope, change, action, f"<#{channel}>")
        await answer(interaction, _channels(words_for(interaction), new))

    async def _change(
        self, interaction: Interaction, scope: int, change: Callable[[Rules], Rules], action: str, subject: str = ""
    ) -> Rules:
        act = Act(scope, interaction.user.id, action, subject)
        return await self._house.policies.rules.change(scope, change, act)


def described(words: Words, rules: Rules) -> list[str]:
    """What rules say, line by line."""
    blocked = words("rules-blocked", words=_listed(rules.blocked)) if rules.blocked else words("rules-none-blocked")
    switches = [words(_SWITCHES[name][bool(getattr(rules, name))]) for name in _SWITCHES]
    return [words(_SPOILERS[rules.spoiler]), *switches, _channels(words, rules), blocked]


def _channels(words: Words, rules: Rules) -> str:
    if not rules.channels:
        return words("rules-all-channels")
    return words("rules-channels", channels=" ".join(f"<#{channel}>" for channel in rules.channels[:40]))


def _listed(entries: Sequence[str]) -> str:
    """Each of them harmless; they are clipped as a whole, so that no quote stays open."""
    shown: list[str] = []
    room = 1200
    for word in entries:
        room -= len(word) + 4
        if room < 0:
            return f"{', '.join(shown)} …"
        shown.append(quoted(word, 100))
    return clipped(", ".join(shown), 1900)


def _same(word: str, text: str) -> bool:
    return word.casefold() == text.strip().casefold()
