"""What translated names and descriptions of commands may look like: rules that the OpenAPI description leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .components import Path
from .errors import Json, Problem
from .localised import LOCALES, shown

SLASH_NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")


def is_slash_name(name: str) -> bool:
    """May a slash command or an option be called so? Letters that have a lower case use it."""
    return bool(SLASH_NAME.fullmatch(name)) and name == name.lower()


def check_translations(path: Path, thing: Json, *, free: bool = False) -> Iterator[Problem]:
    """Yield every rule that the translations of a command, option or choice break; `free` names may be any text."""
    for key in ("name_localizations", "description_localizations"):
        for locale, text in (thing.get(key) or {}).items():
            where = (*path, key, locale)
            if locale not in LOCALES:
                yield Problem(where, "BASE_TYPE_CHOICES", f"{locale!r} is no locale of Discord.")
            if key == "name_localizations" and not free and not is_slash_name(text):
                words = f"Command name is invalid: {text!r}"
                yield Problem(where, "APPLICATION_COMMAND_INVALID_NAME", words)


def check_distinct(path: Path, code: str, things: Iterable[Json]) -> Iterator[Problem]:
    """Yield names that two of these bear, in the original or in any language."""
    present = list(things)
    spoken = {locale for thing in present for locale in thing.get("name_localizations") or ()}
    for locale in ("", *sorted(spoken)):
        names = [shown(thing, "name", locale) for thing in present]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(path, code, f"The name {name!r} is used twice{locale and ' in '}{locale}.")
