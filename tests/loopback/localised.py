"""Names in the user's language: what the client shows of a command, and which command a shown name means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import Json

LOCALES = frozenset(
    "ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR ro ru sv-SE th tr uk "
    "vi zh-CN zh-TW".split()
)


def shown(thing: Json, key: str, locale: str) -> str:
    """Return a name or description as somebody with this locale reads it."""
    translations: Mapping[str, str] = thing.get(f"{key}_localizations") or {}
    return translations.get(locale) or thing.get(key) or ""


def called(things: Iterable[Json], name: str, locale: str) -> Json | None:
    """Return the command, option or choice that goes by this name, translated or not."""
    present = list(things)
    for thing in present:
        if thing["name"] == name:
            return thing
    return next((thing for thing in present if shown(thing, "name", locale) == name), None)


def canonical(things: Iterable[Json], entered: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Return what was entered under the names that the bot knows."""
    present = list(things)
    found = {name: called(present, name, locale) for name in entered}
    return {(thing["name"] if thing else name): entered[name] for name, thing in found.items()}
