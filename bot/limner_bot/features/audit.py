"""/audit: who decided what and when, page by page, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import discord
from discord import app_commands

from limner_bot.delivering.posts import Press
from limner_bot.house import AnyCommand, House
from limner_bot.policy.audit import NOBODY, Direction, Entry, Page
from limner_bot.talking.access import require_scope
from limner_bot.talking.actions import Action
from limner_bot.talking.guard import guarded, words_for
from limner_bot.talking.harmless import clipped
from limner_bot.words import Words

from .deciding import ADMINS, Interaction, answer, shown

PER_PAGE: Final = 10
NEWEST: Final = 10**15 - 1
PREFIX: Final = "act-"
#: Whose subject is everybody where it names no role.
_OF_EVERYBODY: Final = ("act-limits-set", "act-limits-cleared")


@dataclass(frozen=True)
class AuditFeature:
    """The book of decisions."""

    house: House

    def commands(self) -> Sequence[AnyCommand]:
        """/audit."""
        return (_command(self),)

    def actions(self) -> Sequence[Action]:
        """Turning pages; rights are checked at every click."""
        return (Action("audit", self.turn, "(older|newer):([0-9]{1,15}):([01])"),)

    @guarded
    async def open(self, interaction: Interaction, everywhere: bool) -> None:
        """The newest page, in a message of its own."""
        scope = require_scope(interaction, self.house.settings, everywhere=everywhere)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, scope, "older", NEWEST)

    async def turn(self, interaction: Interaction, direction: str, anchor: str, everywhere: str) -> None:
        """Another page, in the same message."""
        scope = require_scope(interaction, self.house.settings, everywhere=everywhere == "1")
        await interaction.response.defer()
        await self._show(interaction, scope, cast(Direction, direction), int(anchor))

    async def _show(self, interaction: Interaction, scope: int, direction: Direction, anchor: int) -> None:
        words = words_for(interaction)
        page = await self.house.policies.audit.page(scope, direction, anchor, PER_PAGE)
        title = words("audit-title" if scope else "audit-title-everywhere")
        lines = [told(words, entry) for entry in page.entries] or [words("audit-empty")]
        await answer(interaction, "\n".join([title, *lines]), _presses(words, page, scope))


def told(words: Words, entry: Entry) -> str:
    """An entry on one line; what no sentence is known for stands there as it was written down."""
    act = entry.act
    subject, details = shown(act.subject, whole=True), shown(act.details)
    if not subject and act.action in _OF_EVERYBODY:
        subject = words("everybody")
    details = f" ({details})" if details else ""
    known = act.action.startswith(PREFIX) and words.has(act.action)
    what = words(act.action, subject=subject, details=details) if known else f"{shown(act.action)} {subject}{details}"
    # A sentence without a subject has a space too many.
    what = what.replace("  ", " ")
    who = f"<@{act.user_id}>" if act.user_id != NOBODY else words("audit-bot")
    return f"<t:{entry.moment:.0f}:f> {who} {clipped(what, 150)}"


def _presses(words: Words, page: Page, scope: int) -> list[Press]:
    everywhere = int(not scope)
    found = []
    if page.has_newer:
        found.append(Press(words("button-newer"), "audit", ("newer", page.entries[0].number, everywhere)))
    if page.has_older:
        found.append(Press(words("button-older"), "audit", ("older", page.entries[-1].number, everywhere)))
    return found


def _command(serve: AuditFeature) -> app_commands.Command[Any, ..., Any]:
    @app_commands.command(name="audit", description="Show who decided what and when (administrators)")
    @app_commands.describe(everywhere="What concerns all servers (operators)")
    @app_commands.default_permissions(ADMINS)
    async def audit(interaction: discord.Interaction[discord.Client], everywhere: bool = False) -> None:
        await serve.open(interaction, everywhere)

    return audit
