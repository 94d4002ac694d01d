"""What the panel of /settings shows: each setting with where it comes from, and the menus that change one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import discord

from limner_bot.asking.menu import Menu
from limner_bot.delivering.posts import MOST_OPTIONS, Option, Pick, Press
from limner_bot.policy.preferences import MOST_PICTURES, Preferences, Scope, merged, sources
from limner_bot.talking.forms import Field, FieldKind
from limner_bot.talking.harmless import bare, quoted
from limner_bot.words import Words

#: All settings, in the order of the panel, and how they are called.
NAMES: Final[Mapping[str, str]] = {
    "model": "setting-model",
    "sampler": "setting-sampler",
    "schedule": "setting-schedule",
    "size": "setting-size",
    "count": "setting-count",
    "steps": "setting-steps",
    "cfg": "setting-cfg",
    "negative": "setting-negative",
    "styles": "setting-styles",
    "private": "setting-private",
    "remix": "setting-remix",
    "ping": "setting-ping",
    "language": "setting-language",
}
TITLES: Final[Mapping[Scope, str]] = {
    "member": "settings-title-member",
    "channel": "settings-title-channel",
    "server": "settings-title-server",
    "bot": "settings-title-bot",
}
_FROM: Final[Mapping[Scope, str]] = {
    "member": "settings-from-member",
    "channel": "settings-from-channel",
    "server": "settings-from-server",
    "bot": "settings-from-bot",
}
#: What is written, not chosen.
WRITTEN: Final = frozenset({"steps", "cfg", "negative", "styles"})
#: What can be written where the menu does not list it, and how that is listed there.
_STAGES: Final = ("sampler", "schedule")
_PINGS: Final = {"never": "ping-never", "long": "ping-long", "always": "ping-always"}
_SPOKEN: Final = {"en": "English", "de": "Deutsch", "zh-CN": "简体中文"}
#: In the menus: whatever the next layer says, and something that is not listed.
UNSAID: Final = "-"
OTHER: Final = "+"


def panel(words: Words, scope: Scope, layers: Mapping[Scope, Preferences]) -> str:
    """All settings as they hold, and which layer says so; `layers` begin with the one that is changed here."""
    holding, said_by = merged(layers.values()).said, sources(layers)
    lines = [words(TITLES[scope])]
    for name, key in NAMES.items():
        told, where = words("settings-unsaid"), ""
        if name in holding:
            told, where = shown(words, name, holding[name]), f" ({words(_FROM[said_by[name]])})"
        lines.append(f"{words(key)}: {told}{where}")
    return "\n".join(lines)


def shown(words: Words, name: str, value: Any) -> str:
    """A value as people read it; it is harmless."""
    if isinstance(value, bool):
        return words("settings-yes" if value else "settings-no")
    if name == "ping":
        return words(_PINGS[value])
    if name == "language":
        return _SPOKEN.get(value) or str(value)
    if isinstance(value, float):
        return f"{value:g}"
    return quoted(", ".join(value) if isinstance(value, tuple) else str(value), 150)


def panel_items(words: Words, scope: Scope) -> tuple[Press | Pick, ...]:
    """The menu of settings, and the button that forgets them."""
    options = [Option(words(key), name) for name, key in NAMES.items()]
    reset = Press(words("button-reset"), "sr", (scope,), 1, discord.ButtonStyle.danger)
    return Pick(words("settings-choose"), "st", (scope,), options), reset


def value_items(words: Words, scope: Scope, name: str, own: Preferences, menu: Menu) -> tuple[Press | Pick, ...]:
    """The menu of a setting's values, and the way back."""
    now = getattr(own, name)
    options = [Option(words("settings-next-layer"), UNSAID, chosen=now is None)]
    for text, value in _values(words, name, menu)[: MOST_OPTIONS - 2]:
        options.append(Option(text, value, chosen=now is not None and _plain(now) == value))
    if name in ("model", "size", *_STAGES):
        options.append(Option(words("settings-other"), OTHER))
    return Pick(words(NAMES[name]), "sv", (scope, name), options), Press(words("button-back"), "sb", (scope,), 1)


def _values(words: Words, name: str, menu: Menu) -> Sequence[tuple[str, str]]:
    if name == "model":
        return menu.models("")
    if name in _STAGES:
        return menu.stages(name, "")
    if name == "size":
        return menu.sizes("")
    return list(_fixed(words, name))


def _fixed(words: Words, name: str) -> Iterator[tuple[str, str]]:
    """What a setting can be whatever the host offers."""
    if name == "count":
        yield from ((str(count), str(count)) for count in range(1, MOST_PICTURES + 1))
    elif name == "language":
        yield from ((text, value) for value, text in _SPOKEN.items())
    elif name == "ping":
        yield from ((words(key), value) for value, key in _PINGS.items())
    else:
        yield words("settings-yes"), "true"
        yield words("settings-no"), "false"


def field_of(words: Words, name: str, own: Preferences) -> Field:
    """The field in which a setting is written."""
    now = getattr(own, name)
    kind: FieldKind = "paragraph" if name == "negative" else "line"
    default = "" if now is None else _plain(now)
    return Field(name, words(NAMES[name]), kind, words("settings-empty-is-next"), default)


def _plain(value: Any) -> str:
    """A value as it is written and chosen."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def brief(value: Any) -> str:
    """A value in the book of decisions."""
    return "—" if value is None else bare(_plain(value))[:100]
