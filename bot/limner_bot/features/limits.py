"""/limits: what members may ask for, by role; administrators set it for their server, operators for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range

from limner_bot.asking.sizes import parse_size
from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import Act
from limner_bot.policy.limits_kept import EVERYBODY
from limner_bot.queue.limits import ANY, MOST_JOBS, Limits
from limner_bot.talking.access import require_scope
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import Refusal, guarded, words_for
from limner_bot.words import Words
from limner_sdk.request import MOST_PICTURES, MOST_STEPS

from .deciding import ADMINS, Interaction, answer, of_role, say

Sent = discord.Interaction[discord.Client]
DAY: Final = 86400
#: Beyond this, a server's members would take from those of other servers.
MOST_WEIGHT: Final = 4.0
_SENTENCES: Final = {
    "waiting": "limit-waiting",
    "seconds_per_day": "limit-day",
    "largest_pixels": "limit-pixels",
    "steps": "limit-steps",
    "count": "limit-count",
    "repeat": "limit-repeat",
    "models": "limit-models",
    "weight": "limit-weight",
}
_WHAT: Final = [Choice(name=name.replace("_", " "), value=name) for name in _SENTENCES]


@dataclass(frozen=True)
class LimitsFeature:
    """What roles allow."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/limits."""
        return (_Commands(self.house),)

    def actions(self) -> Sequence[Action]:
        """None."""
        return ()


def described(words: Words, limits: Limits) -> str:
    """What limits say, on one line."""
    said = limits.model_dump(exclude_none=True)
    return " · ".join(_told(words, name, said[name]) for name in _SENTENCES if name in said) or words("limit-none")


def _told(words: Words, name: str, value: Any) -> str:
    if name == "models":
        names = ", ".join(model.rpartition(":")[2] for model in value)
        return words(_SENTENCES[name], value=words("limit-any") if ANY in value else names or "0")
    return words(_SENTENCES[name], value=f"{value:g}" if isinstance(value, float) else str(value))


class _Commands(app_commands.Group):
    """The group."""

    def __init__(self, house: House) -> None:
        text = "What members may ask for, by role (administrators)"
        super().__init__(name="limits", description=text, default_permissions=ADMINS)
        self._house = house

    @app_commands.command(name="show", description="Show what each role allows")
    @app_commands.describe(everywhere="Those that hold in all servers (operators)")
    async def show(self, interaction: Sent, everywhere: bool = False) -> None:
        await self._show(interaction, everywhere)

    @app_commands.command(name="set", description="Set what a role allows; a member gets the most of all their roles")
    @app_commands.describe(
        role="The role; everybody if you leave it out",
        waiting="Jobs of one member that wait at the same time",
        seconds_per_day="Seconds of the GPU per member and day",
        size="The largest picture, such as 1024x1024; its area counts",
        steps="Steps of each picture",
        count="Pictures of one job",
        repeat="Jobs of one command",
        models="The models that may be used, separated by commas; * is any",
        weight="The share of the GPU beside others; usual is 1",
        everywhere="For all servers and direct messages (operators)",
    )
    async def change(
        self,
        interaction: Sent,
        role: discord.Role | None = None,
        waiting: Range[int, 0, MOST_JOBS] | None = None,
        seconds_per_day: Range[int, 0, 1000 * DAY] | None = None,
        size: str | None = None,
        steps: Range[int, 1, MOST_STEPS] | None = None,
        count: Range[int, 1, MOST_PICTURES] | None = None,
        repeat: Range[int, 1, MOST_JOBS] | None = None,
        models: str | None = None,
        weight: Range[float, 0.1, 100.0] | None = None,
        everywhere: bool = False,
    ) -> None:
        said: dict[str, Any] = {
            "waiting": waiting,
            "seconds_per_day": seconds_per_day,
            "size": size,
            "steps": steps,
            "count": count,
        }
        said |= {"repeat": repeat, "models": models, "weight": weight}
        await self._set(interaction, role, {k: v for k, v in said.items() if v is not None}, everywhere)

    @app_commands.command(name="clear", description="Take back what was said about a role, or one thing of it")
    @app_commands.describe(
        role="The role; everybody if you leave it out",
        what="The one limit to take back; all of them if you leave it out",
        everywhere="Those that hold in all servers (operators)",
    )
    @app_commands.choices(what=_WHAT)
    async def clear(
        self, interaction: Sent, role: discord.Role | None = None, what: str | None = None, everywhere: bool = False
    ) -> None:
        await self._clear(interaction, role, what, everywhere)

    @guarded
    async def _show(self, interaction: Interaction, everywhere: bool) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction)
        kept = self._house.policies.limits.all(scope)
        lines = [f"{of_role(words, role)}: {described(words, limits)}" for role, limits in kept.items()]
        title = words("limits-title-everywhere" if everywhere else "limits-title")
        await answer(interaction, "\n".join([title, *(lines or [words("limits-empty")])]))

    @guarded
    async def _set(
        self, interaction: Interaction, role: discord.Role | None, said: dict[str, Any], everywhere: bool
    ) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        role_id = _role_id(role, scope, everywhere)
        changes = self._changes(interaction, said)
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction)
        details = " ".join(f"{name}={value}" for name, value in said.items())
        act = Act(scope, interaction.user.id, "act-limits-set", _subject(role_id), details)
        new = await self._house.policies.limits.change(scope, role_id, changes, act)
        await answer(interaction, words("limits-set", role=of_role(words, role_id), told=described(words, new)))

    def _changes(self, interaction: Interaction, said: dict[str, Any]) -> dict[str, Any]:
        """The fields of `Limits` that were said. Raises `Refusal` or `InvalidRequest`."""
        changes = dict(said)
        if not changes:
            raise Refusal.of("limits-nothing")
        if (size := changes.pop("size", None)) is not None:
            width, height = parse_size(size)
            changes["largest_pixels"] = width * height
        if (models := changes.pop("models", None)) is not None:
            names = [name.strip() for name in models.split(",") if name.strip()]
            changes["models"] = [name if name == ANY else self._house.menu.catalogue.model(name).id for name in names]
        if changes.get("weight", 0) > MOST_WEIGHT and interaction.user.id not in self._house.settings.operators:
            raise Refusal.of("limits-weight", most=f"{MOST_WEIGHT:g}")
        return changes

    @guarded
    async def _clear(
        self, interaction: Interaction, role: discord.Role | None, what: str | None, everywhere: bool
    ) -> None:
        scope = require_scope(interaction, self._house.settings, everywhere=everywhere)
        role_id = _role_id(role, scope, everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        kept, words = self._house.policies.limits, words_for(interaction)
        act = Act(scope, interaction.user.id, "act-limits-cleared", _subject(role_id), what or "")
        if role_id not in kept.all(scope):
            await say(interaction, "limits-not-set", role=of_role(words, role_id))
            return
        if what is None:
            await kept.clear(scope, role_id, act)
        else:
            await kept.change(scope, role_id, {what: None}, act)
        now = kept.all(scope).get(role_id, Limits())
        await answer(interaction, words("limits-set", role=of_role(words, role_id), told=described(words, now)))


def _role_id(role: discord.Role | None, scope: int, everywhere: bool) -> int:
    """Everybody's own role has the server's id. Raises `Refusal` for roles of one server when all are meant."""
    if role is None or role.id == scope:
        return EVERYBODY
    if everywhere:
        raise Refusal.of("limits-no-roles")
    return role.id


def _subject(role_id: int) -> str:
    return "" if role_id == EVERYBODY else f"<@&{role_id}>"
