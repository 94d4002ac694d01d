"""Who else may look where somebody clicks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from discord.app_commands import AppCommandContext

from limner_bot.features.privacy import wants_privacy
from limner_bot.features.sources import is_private

_HOUSE: Any = SimpleNamespace(policies=SimpleNamespace(defaults=lambda _: {}))


@pytest.mark.parametrize(
    ("guild", "context", "is_hidden"),
    [
        (9, AppCommandContext(guild=True), True),
        (None, AppCommandContext(private_channel=True), True),
        (None, AppCommandContext(dm_channel=True), False),
    ],
)
def test_what_comes_of_a_private_picture_is_private_but_where_nobody_else_is(
    guild: int | None, context: AppCommandContext, is_hidden: bool
) -> None:
    interaction: Any = SimpleNamespace(guild_id=guild, context=context, message=None)
    job: Any = SimpleNamespace(private=True)
    assert is_private(interaction, job) == is_hidden
    assert wants_privacy(_HOUSE, interaction, job) == is_hidden
