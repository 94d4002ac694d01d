"""What the buttons below a picture do: as the admin has set it, or else all that the host offers, as it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from limner_bot.queue.identity import NAME
from limner_sdk import Catalogue, Choice, ConfigurationError, InvalidRequest, StageEntry
from limner_sdk.catalogue import named

from .completing import FILTERS, names_for
from .finishing import checked, offerable, parse_finish, parts, schemas

VARIABLE: Final = "LIMNER_BUTTONS"
#: Two rows of five.
MOST_BUTTONS: Final = 10
_NONE: Final = "none"


@dataclass(frozen=True)
class Shortcut:
    """A button: what it lets loose on a picture, and what it says; "" is the definition's own word."""

    choice: Choice
    label: str = ""


#: What the admin has set; None leaves it to the host's definitions.
Shortcuts: TypeAlias = tuple[Shortcut, ...] | None


def parse_buttons(text: str) -> Shortcuts:
    """What ``Upscale 2x = upscale(scale=2), detailer`` puts below a picture; ``none`` is nothing at all.

    Names are looked up later, see `check_buttons`. Raises `ConfigurationError`.
    """
    if not text.strip():
        return None
    if text.strip().casefold() == _NONE:
        return ()
    try:
        found = tuple(_shortcut(part) for part in parts(text, ",") if part.strip())
    except InvalidRequest as error:
        raise ConfigurationError(str(error)) from None
    if not 1 <= len(found) <= MOST_BUTTONS:
        raise ConfigurationError(f"{VARIABLE}: names {len(found)} post-processors; name 1 to {MOST_BUTTONS}, or none")
    return found


def _shortcut(text: str) -> Shortcut:
    head, bracket, inside = text.partition("(")
    label, _, name = head.rpartition("=")
    (choice,) = parse_finish(f"{name}{bracket}{inside}", (), strict=False, option=VARIABLE)
    return Shortcut(choice, label.strip())


def check_buttons(shortcuts: Shortcuts, catalogue: Catalogue) -> None:
    """Raise `ConfigurationError` if the host offers nothing of that name, or not with these parameters."""
    seen: set[str] = set()
    try:
        for shortcut in shortcuts or ():
            name = _checked(shortcut, catalogue).choice.name
            if name in seen:
                raise InvalidRequest(VARIABLE, shortcut.choice.name, "is named twice; one button is all it can have")
            seen.add(name)
    except InvalidRequest as error:
        raise ConfigurationError(str(error)) from None


def _checked(shortcut: Shortcut, catalogue: Catalogue) -> Shortcut:
    """The button by full id, with a label. Raises `InvalidRequest`."""
    stages = catalogue.stages_of("postprocessor")
    choice = checked(shortcut.choice, stages, VARIABLE)
    entry = named(VARIABLE, choice.name, stages)
    if not re.fullmatch(NAME, entry.id):
        raise InvalidRequest(VARIABLE, entry.id, "is too long a name for a button; name another one")
    for key, value in choice.params.items():
        _check_name(key, str(value), entry, catalogue)
    return Shortcut(choice, shortcut.label or _word(entry))


def _word(entry: StageEntry) -> str:
    return entry.button.strip() or entry.label


def _check_name(key: str, value: str, entry: StageEntry, catalogue: Catalogue) -> None:
    """Refuse at once the name of a detector or an upscaler that is not there: every click would fail."""
    schema, kind = schemas(entry)[key], key.rpartition("_")[2]
    if not value or value.casefold() in FILTERS or not any(names_for(key, schema, catalogue)):
        return
    try:
        if kind == "sampler":
            catalogue.sampler(value)
        elif kind != "model":
            named(kind, value, catalogue.stages_of(kind))
    except InvalidRequest as error:
        raise InvalidRequest(f"{VARIABLE}.{entry.name}.{key}", value, error.remedy) from None


def buttons(shortcuts: Shortcuts, catalogue: Catalogue) -> tuple[Shortcut, ...]:
    """The buttons below a picture by full ids, ten at most; none for what the host does not offer any more."""
    if shortcuts is None:
        return tuple(Shortcut(Choice(name=entry.id), _word(entry)) for entry in _own(catalogue))[:MOST_BUTTONS]
    return tuple(_there(shortcuts, catalogue))


def _there(shortcuts: Sequence[Shortcut], catalogue: Catalogue) -> Iterator[Shortcut]:
    for shortcut in shortcuts:
        try:
            yield _checked(shortcut, catalogue)
        except InvalidRequest:
            # Said at the start, or at the click of a button that stands already.
            continue


def _own(catalogue: Catalogue) -> list[StageEntry]:
    """The post-processors that have a button of their own, those that come with Limner first."""
    bundled = {plugin.name for plugin in catalogue.plugins if plugin.source == "bundled"}
    found = [entry for entry in offerable(catalogue.stages) if entry.button.strip() and re.fullmatch(NAME, entry.id)]
    return sorted(found, key=lambda entry: entry.plugin not in bundled)


def choice_of(name: str, shortcuts: Shortcuts, catalogue: Catalogue) -> Choice:
    """What the button of a post-processor, by full id, asks for. Raises `InvalidRequest` for what is not there now."""
    stages = catalogue.stages_of("postprocessor")
    for shortcut in shortcuts or ():
        try:
            is_meant = named(VARIABLE, shortcut.choice.name, stages).id == name
        except InvalidRequest:
            continue
        if is_meant:
            return checked(shortcut.choice, stages, "button")
    return checked(Choice(name=name), stages, "button")
