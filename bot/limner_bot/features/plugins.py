"""/plugins: which there are, what is wrong with them, and switching them off and on, for those who run the bot.

The worker that does so finishes its job first; the next one starts with the plugins that are left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from limner_bot.delivering.posts import MOST_OPTIONS, Option, Pick, Press
from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import EVERYWHERE
from limner_bot.talking.access import is_operator, require_operator
from limner_bot.talking.actions import Action, chosen
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, plain, quoted
from limner_bot.words import Said, Words
from limner_bot.working.plugin_care import Known

from .choices import choices
from .deciding import ADMINS, Interaction, answer

#: How a plugin's name looks in a button; one that does not fit is switched by a command.
_NAME: Final = r"[A-Za-z0-9_.-]{1,60}"
_STATES: Final = {
    "ok": "plugin-ok",
    "broken": "plugin-broken",
    "disabled": "plugin-disabled",
    "quarantined": "plugin-quarantined",
    "gone": "plugin-gone",
}
_DONE: Final = {"enable": "plugin-enabled", "disable": "plugin-switched-off", "release": "plugin-released"}
_NOT_DONE: Final = {
    "enable": "plugin-not-disabled",
    "disable": "plugin-disabled-already",
    "release": "plugin-not-quarantined",
}
_ACTS: Final = {"enable": "act-plugin-enabled", "disable": "act-plugin-disabled", "release": "act-plugin-released"}
_AnyInteraction = discord.Interaction[discord.Client]


@dataclass(frozen=True)
class Plugins:
    """Shows and switches plugins."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/plugins."""
        return (_Commands(self),)

    def actions(self) -> Sequence[Action]:
        """Choosing a plugin, and what is done with it; rights are checked at every click."""
        return (
            Action("pl", self.choose, "[0-9]{1,3}"),
            Action("pa", self.press, f"(enable|disable|release):({_NAME})"),
            Action("pp", self.turn, "([0-9]{1,3})"),
        )

    @guarded
    async def open(self, interaction: Interaction) -> None:
        """The list, in a message of its own."""
        require_operator(interaction, self.house.settings)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._render(interaction)

    async def turn(self, interaction: Interaction, page: str) -> None:
        """Another page of it."""
        require_operator(interaction, self.house.settings)
        await interaction.response.defer()
        await self._render(interaction, page=int(page))

    async def choose(self, interaction: Interaction) -> None:
        """A plugin was chosen."""
        require_operator(interaction, self.house.settings)
        await interaction.response.defer()
        await self._render(interaction, "".join(chosen(interaction)[:1]))

    async def press(self, interaction: Interaction, act: str, name: str) -> None:
        """Switch one by its button."""
        require_operator(interaction, self.house.settings)
        await interaction.response.defer()
        await self._render(interaction, name, await self._switched(act, name, interaction.user.id))

    @guarded
    async def switch(self, interaction: Interaction, act: str, name: str) -> None:
        """Switch one by a command."""
        require_operator(interaction, self.house.settings)
        await interaction.response.defer(ephemeral=True, thinking=True)
        said = await self._switched(act, name.strip(), interaction.user.id)
        await answer(interaction, words_for(interaction).say(said))

    async def suggested(self, interaction: Interaction, typed: str) -> list[Choice[str]]:
        """The plugins that could be meant."""
        if not is_operator(interaction, self.house.settings):
            return []
        names = [plugin.name for plugin in await self.house.plugins.all()]
        return choices((name, name) for name in names if typed.casefold() in name.casefold())[:MOST_OPTIONS]

    async def _switched(self, act: str, name: str, by: int) -> Said:
        care, done = self.house.plugins, True
        states = {plugin.name: plugin.state for plugin in await care.all()}
        if name not in states:
            raise Refusal.of("plugin-unknown", name=quoted(name, 60))
        if act == "disable":
            done = states[name] != "disabled"
            if done:
                await care.disable(name, f"user {by} has disabled it")
        else:
            done = await (care.enable(name) if act == "enable" else care.release(name))
        if not done:
            return Said.of(_NOT_DONE[act], name=quoted(name, 60))
        await self.house.policies.audit.note(EVERYWHERE, by, _ACTS[act], name)
        self.house.dispatcher.renew_worker()
        return Said.of(_DONE[act], name=quoted(name, 60))

    async def _render(self, interaction: Interaction, name: str = "", said: Said | None = None, page: int = 0) -> None:
        words, known = words_for(interaction), await self.house.plugins.all()
        place = next((place for place, plugin in enumerate(known) if plugin.name == name), None)
        page = place // MOST_OPTIONS if place is not None else min(page, max(0, len(known) - 1) // MOST_OPTIONS)
        shown = known[page * MOST_OPTIONS : (page + 1) * MOST_OPTIONS]
        one = known[place] if place is not None else None
        lines = [words.say(said)] if said else []
        lines += [_whole(words, one)] if one else [words("plugins-title"), *(_line(words, each) for each in shown)]
        await answer(
            interaction, clipped("\n".join(lines), LONGEST_MESSAGE), _items(words, shown, one, page, len(known))
        )


def _line(words: Words, plugin: Known) -> str:
    version = plain(plugin.entry.version, 20) if plugin.entry else ""
    told = (words(_STATES[plugin.state]), version, _failures(words, plugin))
    return f"- {quoted(plugin.name, 40)} · {' · '.join(filter(None, told))}"


def _whole(words: Words, plugin: Known) -> str:
    source = [plain(plugin.entry.source, 60), plain(", ".join(plugin.entry.kinds), 200)] if plugin.entry else []
    since = f"<t:{plugin.kept.since.timestamp():.0f}:f>" if plugin.kept else ""
    return "\n".join(filter(None, (_line(words, plugin), *source, since, plain(plugin.reason, 800))))


def _failures(words: Words, plugin: Known) -> str:
    return words("plugin-failures", count=plugin.failures) if plugin.failures else ""


def _items(words: Words, shown: Sequence[Known], one: Known | None, page: int, count: int) -> tuple[Press | Pick, ...]:
    options = [
        Option(plugin.name, plugin.name, words(_STATES[plugin.state]), chosen=plugin is one)
        for plugin in shown
        if len(plugin.name) <= 100
    ]
    found: list[Press | Pick] = [Pick(words("plugins-choose"), "pl", (page,), options)] if options else []
    if one is not None and re.fullmatch(_NAME, one.name):
        found += [Press(words(key), "pa", (act, one.name), 1) for act, key in _possible(one)]
    pages = -(-count // MOST_OPTIONS)
    found += [Press(words("button-newer"), "pp", (page - 1,), 2)] if page else []
    found += [Press(words("button-older"), "pp", (page + 1,), 2)] if page + 1 < pages else []
    found += [Press(words("plugins-all"), "pp", (page,), 2)] if one is not None else []
    return tuple(found)


def _possible(plugin: Known) -> list[tuple[str, str]]:
    """What can be done with a plugin, and what the buttons say."""
    match plugin.state:
        case "quarantined":
            return [("release", "plugin-release")]
        case "disabled":
            return [("enable", "plugin-enable")]
        case "gone":
            return []
    return [("disable", "plugin-disable")]


class _Commands(app_commands.Group):
    """The group; rights are checked at every call."""

    def __init__(self, serve: Plugins) -> None:
        super().__init__(
            name="plugins", description="See plugins, switch them off and on (operators)", default_permissions=ADMINS
        )
        self._serve = serve

    @app_commands.command(name="list", description="Show all plugins and what is wrong with them (operators)")
    async def show(self, interaction: _AnyInteraction) -> None:
        await self._serve.open(interaction)

    @app_commands.command(name="enable", description="Use a plugin again (operators)")
    @app_commands.describe(name="The plugin")
    async def enable(self, interaction: _AnyInteraction, name: str) -> None:
        await self._serve.switch(interaction, "enable", name)

    @app_commands.command(name="disable", description="Leave a plugin out (operators)")
    @app_commands.describe(name="The plugin")
    async def disable(self, interaction: _AnyInteraction, name: str) -> None:
        await self._serve.switch(interaction, "disable", name)

    @app_commands.command(name="release", description="Take a plugin out of quarantine (operators)")
    @app_commands.describe(name="The plugin")
    async def release(self, interaction: _AnyInteraction, name: str) -> None:
        await self._serve.switch(interaction, "release", name)

    @enable.autocomplete("name")
    @disable.autocomplete("name")
    @release.autocomplete("name")
    async def suggest(self, interaction: _AnyInteraction, typed: str) -> list[Choice[str]]:
        return await self._serve.suggested(interaction, typed)
