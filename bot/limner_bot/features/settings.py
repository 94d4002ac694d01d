"""/settings: defaults for what members leave open, in layers: their own, the channel's, the server's, the bot's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.delivering.posts import Press
from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import Act
from limner_bot.policy.place import Place
from limner_bot.policy.preferences import SCOPES, Preferences, Scope
from limner_bot.policy.preferences_kept import BOT
from limner_bot.queue.drafts import Drafts
from limner_bot.queue.identity import ID
from limner_bot.talking.access import require_scope
from limner_bot.talking.actions import Action, chosen, custom_id
from limner_bot.talking.forms import entered, form
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import short

from .deciding import answer
from .settings_panel import NAMES, OTHER, TITLES, UNSAID, WRITTEN, brief, field_of, panel, panel_items, value_items

Interaction = discord.Interaction[Any]

RESET: Final = "settings-reset"
_SCOPE: Final = f"({'|'.join(SCOPES)})"
_NAME: Final = f"({'|'.join(NAMES)})"
_CHOICES: Final = [
    Choice(name="mine", value="member"),
    Choice(name="this channel's (administrators)", value="channel"),
    Choice(name="this server's (administrators)", value="server"),
    Choice(name="the bot's (operators)", value="bot"),
]


@dataclass(frozen=True)
class SettingsFeature:
    """Shows and changes layers; whether somebody may change one is decided at every click."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/settings."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """The panel's menus, forms and buttons."""
        return (
            Action("st", self.choose, _SCOPE),
            Action("sv", self.take, f"{_SCOPE}:{_NAME}"),
            Action("sf", self.write, f"{_SCOPE}:{_NAME}"),
            Action("sb", self.back, _SCOPE),
            Action("sr", self.ask_reset, _SCOPE),
            Action("sry", self.reset, f"({ID})"),
        )

    @guarded
    async def open(self, interaction: Interaction, scope: str) -> None:
        """The panel of a layer, in a message of its own."""
        self._scope_id(interaction, cast(Scope, scope))
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, cast(Scope, scope))

    async def back(self, interaction: Interaction, scope: str) -> None:
        """The panel again."""
        self._scope_id(interaction, cast(Scope, scope))
        await interaction.response.defer()
        await self._show(interaction, cast(Scope, scope))

    async def choose(self, interaction: Interaction, scope: str) -> None:
        """One setting was chosen: show what it can be, or a form to write it."""
        layer = cast(Scope, scope)
        own, name = self._own(interaction, layer), next(iter(chosen(interaction)), "")
        if name not in NAMES:
            raise Refusal.of("old-button")
        if name in WRITTEN:
            await self._ask(interaction, layer, name, own)
            return
        await interaction.response.defer()
        words = words_for(interaction)
        text = panel(words, layer, self._layers(interaction, layer))
        await answer(interaction, text, value_items(words, layer, name, own, self.house.menu))

    async def take(self, interaction: Interaction, scope: str, name: str) -> None:
        """A value was chosen."""
        layer, value = cast(Scope, scope), next(iter(chosen(interaction)), UNSAID)
        if value == OTHER:
            await self._ask(interaction, layer, name, self._own(interaction, layer))
            return
        await self._change(interaction, layer, name, "" if value == UNSAID else value)

    async def write(self, interaction: Interaction, scope: str, name: str) -> None:
        """A value was written."""
        await self._change(interaction, cast(Scope, scope), name, entered(interaction).get(name, "").strip())

    async def ask_reset(self, interaction: Interaction, scope: str) -> None:
        """Ask once more before a layer is forgotten."""
        self._scope_id(interaction, layer := cast(Scope, scope))
        await interaction.response.defer()
        words = words_for(interaction)
        draft = await Drafts(self.house.database).make(interaction, RESET, {"scope": scope})
        yes = Press(words("button-reset"), "sry", (draft,), style=discord.ButtonStyle.danger)
        text = f"{words(TITLES[layer])}\n{words('settings-reset-question')}"
        await answer(interaction, text, (yes, Press(words("button-back"), "sb", (scope,))))

    async def reset(self, interaction: Interaction, draft: str) -> None:
        """Forget a layer."""
        await interaction.response.defer()
        drafts = Drafts(self.house.database)
        layer: Scope = (await drafts.own(interaction, draft, RESET)).payload["scope"]
        scope_id = self._scope_id(interaction, layer)
        if await drafts.use(draft):
            act = self._act(interaction, layer, "act-settings-reset", "")
            await self.house.policies.preferences.clear(layer, scope_id, act)
        await self._show(interaction, layer)

    async def _ask(self, interaction: Interaction, scope: Scope, name: str, own: Preferences) -> None:
        words = words_for(interaction)
        fields = (field_of(words, name, own),)
        await interaction.response.send_modal(form(custom_id("sf", scope, name), words("settings-form"), fields))

    async def _change(self, interaction: Interaction, scope: Scope, name: str, text: str) -> None:
        scope_id = self._scope_id(interaction, scope)
        value = self._understood(interaction, name, text) if text else None
        await interaction.response.defer()
        act = self._act(interaction, scope, "act-settings-changed", f"{name}: {brief(value)}")
        await self.house.policies.preferences.change(scope, scope_id, {name: value}, act)
        await self._show(interaction, scope)

    def _understood(self, interaction: Interaction, name: str, text: str) -> Any:
        """What was written or chosen, by full ids. Raises `InvalidRequest`, or `Refusal` for a model that is denied."""
        offered = self.house.menu.catalogue
        if name == "model" and offered.models:
            model = offered.model(text).id
            if not self.house.desk.admission.allows_model(interaction, model):
                raise Refusal.of("rule-model", name=short(model))
            return model
        if name == "sampler" and offered.stages_of("sampler"):
            return offered.sampler(text)[0].id
        if name == "schedule" and offered.stages_of("schedule"):
            return offered.stage("schedule", text).id
        if name == "styles":
            return tuple(self.house.menu.style(style.strip()) for style in text.split(",") if style.strip())
        return text

    async def _show(self, interaction: Interaction, scope: Scope) -> None:
        words = words_for(interaction)
        await answer(interaction, panel(words, scope, self._layers(interaction, scope)), panel_items(words, scope))

    def _layers(self, interaction: Interaction, scope: Scope) -> dict[Scope, Preferences]:
        """The layers from that one on."""
        layers = self.house.policies.preferences.layers(Place.of(interaction))
        first = SCOPES.index(scope)
        return {each: layers[each] for each in SCOPES[first:]}

    def _own(self, interaction: Interaction, scope: Scope) -> Preferences:
        """What the layer says that is changed. Raises `Refusal`."""
        return self.house.policies.preferences.layer(scope, self._scope_id(interaction, scope))

    def _scope_id(self, interaction: Interaction, scope: Scope) -> int:
        """Whose layer it is, if the person may change it. Raises `Refusal`."""
        if scope == "member":
            return interaction.user.id
        guild = require_scope(interaction, self.house.settings, everywhere=scope == "bot")
        if scope == "bot":
            return BOT
        return guild if scope == "server" else interaction.channel_id or 0

    def _act(self, interaction: Interaction, scope: Scope, action: str, details: str) -> Act | None:
        """What stands in the book of decisions; nothing about what somebody likes for themselves."""
        if scope == "member":
            return None
        guild = BOT if scope == "bot" else interaction.guild_id or 0
        subject = f"<#{interaction.channel_id}>" if scope == "channel" else ""
        return Act(guild, interaction.user.id, action, subject, details)


def _command(serve: SettingsFeature) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="settings", description="Defaults for what you leave open; only you see them")
    @app_commands.describe(scope="Whose; yours if you leave it out")
    @app_commands.choices(scope=_CHOICES)
    async def settings(interaction: discord.Interaction[discord.Client], scope: str = "member") -> None:
        await serve.open(interaction, scope)

    return settings
