"""/models: which models may be used, and which one works where nobody chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import EVERYWHERE, Act
from limner_bot.policy.preferences import Scope
from limner_bot.policy.preferences_kept import BOT
from limner_bot.policy.rules import MOST_LISTED, Rules, checked
from limner_bot.talking.access import require_scope
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import plain, short
from limner_bot.words import Words
from limner_sdk import Request

from .choices import choices
from .deciding import ADMINS, Interaction, answer, may_decide, say

Sent = discord.Interaction[discord.Client]
#: Every model, also those that are still to come.
ALL: Final = "*"
_SHOWN: Final = 30


@dataclass(frozen=True)
class ModelsFeature:
    """Allowing and denying."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/models."""
        return (_Commands(self.house),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()


class _Commands(app_commands.Group):
    """The group."""

    def __init__(self, house: House) -> None:
        text = "Which models may be used (administrators)"
        super().__init__(name="models", description=text, default_permissions=ADMINS)
        self._house = house

    @app_commands.command(name="list", description="Show all models, and which of them may be used")
    @app_commands.describe(everywhere="In all servers (operators)")
    async def every(self, interaction: Sent, everywhere: bool = False) -> None:
        await self._list(interaction, everywhere)

    @app_commands.command(name="allow", description="Let a model be used")
    @app_commands.describe(model="The model; * is all of them", everywhere="In all servers (operators)")
    async def allow(self, interaction: Sent, model: str, everywhere: bool = False) -> None:
        await self._allow(interaction, model, everywhere)

    @app_commands.command(name="deny", description="Let a model not be used")
    @app_commands.describe(
        model="The model; * is all but those that you allow afterwards", everywhere="In all servers (operators)"
    )
    async def deny(self, interaction: Sent, model: str, everywhere: bool = False) -> None:
        await self._deny(interaction, model, everywhere)

    @app_commands.command(name="default", description="Choose the model that works where nobody names one")
    @app_commands.describe(
        model="The model; the host's own if you leave it out", everywhere="In all servers (operators)"
    )
    async def default(self, interaction: Sent, model: str = "", everywhere: bool = False) -> None:
        await self._default(interaction, model, everywhere)

    @app_commands.command(name="reset", description="Allow all models again, with the host's own as default")
    @app_commands.describe(everywhere="In all servers (operators)")
    async def reset(self, interaction: Sent, everywhere: bool = False) -> None:
        await self._reset(interaction, everywhere)

    @allow.autocomplete("model")
    @deny.autocomplete("model")
    @default.autocomplete("model")
    async def suggest(self, interaction: Sent, typed: str) -> list[Choice[str]]:
        """The models that could be meant."""
        return choices(self._house.menu.models(typed)) if may_decide(interaction, self._house) else []

    @guarded
    async def _list(self, interaction: Interaction, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction)
        rules, default = self._rules(scope), self._house.policies.preferences.layer(*_layer(scope)).model
        models = self._house.menu.models("")
        lines = [_line(words, label, name, rules, default) for label, name in models[:_SHOWN]]
        title = words("models-title-everywhere" if everywhere else "models-title")
        await answer(interaction, "\n".join([title, *(lines or [words("models-none")])]))

    @guarded
    async def _allow(self, interaction: Interaction, model: str, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        name = self._known(model)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._change(interaction, scope, lambda rules: allowing(rules, name), "act-model-allowed", name)
        await (
            say(interaction, "models-all-allowed")
            if name == ALL
            else say(interaction, "models-allowed", name=short(name))
        )

    @guarded
    async def _deny(self, interaction: Interaction, model: str, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        name = self._known(model)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._change(interaction, scope, lambda rules: denying(rules, name), "act-model-denied", name)
        words, default = words_for(interaction), self._usual(scope)
        told = words("models-all-denied") if name == ALL else words("models-denied", name=short(name))
        if default is not None and not self._rules(scope).allows_model(default):
            told = f"{told} {words('models-default-denied', name=short(default))}"
        await answer(interaction, told)

    @guarded
    async def _default(self, interaction: Interaction, model: str, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        name = self._house.menu.catalogue.model(model).id if model.strip() else None
        if name is not None and not self._rules(scope).allows_model(name):
            raise Refusal.of("rule-model", name=short(name))
        await interaction.response.defer(ephemeral=True, thinking=True)
        act = Act(scope, interaction.user.id, "act-model-default", name or "")
        await self._house.policies.preferences.change(*_layer(scope), {"model": name}, act)
        await (say(interaction, "models-default", name=short(name)) if name else say(interaction, "models-no-default"))

    @guarded
    async def _reset(self, interaction: Interaction, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._change(interaction, scope, lambda rules: allowing(rules, ALL), "act-models-reset", "")
        await self._house.policies.preferences.change(*_layer(scope), {"model": None})
        await say(interaction, "models-reset")

    async def _change(
        self, interaction: Interaction, scope: int, change: Callable[[Rules], Rules], action: str, subject: str
    ) -> None:
        act = Act(scope, interaction.user.id, action, subject)
        await self._house.policies.rules.change(scope, change, act)

    def _known(self, model: str) -> str:
        return ALL if model.strip() == ALL else self._house.menu.catalogue.model(model).id

    def _usual(self, scope: int) -> str | None:
        """The full id of the model that works there where nobody names one, if that is known."""
        kept, menu = self._house.policies.preferences, self._house.menu
        for layer in dict.fromkeys((_layer(scope), _layer(EVERYWHERE))):
            if (name := kept.layer(*layer).model) is not None:
                return name
        entry = menu.entry_of(Request(prompt="any"))
        return entry.id if entry else None

    def _rules(self, scope: int) -> Rules:
        """What holds there, with what holds everywhere."""
        return self._house.policies.rules.holding(scope or None)


def allowing(rules: Rules, model: str) -> Rules:
    """The same with a model allowed, or with `ALL` of them."""
    if model == ALL:
        return rules.changed(allowed_models=None, denied_models=())
    denied = tuple(each for each in rules.denied_models if each != model)
    allowed = rules.allowed_models
    if allowed is not None:
        allowed = checked((*allowed, model), MOST_LISTED, "model")
    return rules.changed(allowed_models=allowed, denied_models=denied)


def denying(rules: Rules, model: str) -> Rules:
    """The same with a model denied, or with `ALL` that are not allowed afterwards."""
    if model == ALL:
        return rules.changed(allowed_models=(), denied_models=())
    if rules.allowed_models is not None:
        return rules.changed(allowed_models=tuple(each for each in rules.allowed_models if each != model))
    return rules.changed(denied_models=checked((*rules.denied_models, model), MOST_LISTED, "model"))


def _layer(scope: int) -> tuple[Scope, int]:
    return ("bot", BOT) if scope == EVERYWHERE else ("server", scope)


def _line(words: Words, title: str, name: str, rules: Rules, default: str | None) -> str:
    line = f"{'✅' if rules.allows_model(name) else '⛔'} {plain(title, 60)} ({plain(name, 100)})"
    return words("models-is-default", model=line) if name == default else line
