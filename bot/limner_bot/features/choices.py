"""What autocompletion answers."""

from __future__ import annotations

from collections.abc import Iterable

from discord.app_commands import Choice


def choices(entries: Iterable[tuple[str, str]]) -> list[Choice[str]]:
    """Labels and values as Discord wants them."""
    return [Choice(name=label, value=value) for label, value in entries]
