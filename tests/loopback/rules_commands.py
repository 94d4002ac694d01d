"""What commands may look like: the rules that the OpenAPI description leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .components import Path
from .constants import CommandType, OptionType
from .errors import Json, Problem
from .rules_translations import check_distinct, check_translations, is_slash_name

PER_TYPE = {CommandType.SLASH: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}
TOTAL, CHOICE = 8000, 100
NESTING = frozenset({OptionType.SUBCOMMAND, OptionType.GROUP})


def check_commands(commands: list[Json]) -> Iterator[Problem]:
    """Yield every rule that this set of commands breaks."""
    for kind, most in PER_TYPE.items():
        found = [command for command in commands if command_type(command) == kind]
        if len(found) > most:
            yield Problem((), "BASE_TYPE_BAD_LENGTH", f"{len(found)} commands, not {most}.")
        yield from check_distinct((), "APPLICATION_COMMANDS_DUPLICATE_NAME", found)
    for index, command in enumerate(commands):
        yield from check_command((index,), command)


def command_type(command: Json) -> CommandType:
    """Return the type of a command; a slash command may leave it out."""
    return CommandType(command.get("type") or CommandType.SLASH)


def check_command(path: Path, command: Json) -> Iterator[Problem]:
    """Yield every rule that one command breaks."""
    if command_type(command) == CommandType.SLASH:
        yield from _check_name(path, command["name"])
        yield from _check_described(path, command)
        yield from _check_options(path, command.get("options") or [], depth=0)
        yield from check_translations(path, command)
    elif command.get("description") or command.get("options"):
        words = "Context menus have neither description nor options."
        yield Problem((*path, "description"), "BASE_TYPE_INVALID", words)
    else:
        yield from check_translations(path, command, free=True)
    if _weight(command) > TOTAL:
        words = f"All texts of a command together exceed {TOTAL} characters."
        yield Problem(path, "APPLICATION_COMMAND_TOO_LARGE", words)


def _check_name(path: Path, name: str) -> Iterator[Problem]:
    if not is_slash_name(name):
        words = "Command name is invalid"
        yield Problem((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", words)


def _check_described(path: Path, thing: Json) -> Iterator[Problem]:
    if not thing.get("description"):
        yield Problem((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")


def _check_options(path: Path, options: list[Json], depth: int) -> Iterator[Problem]:
    yield from check_distinct((*path, "options"), "APPLICATION_COMMAND_OPTIONS_NAME", options)
    yield from _check_order((*path, "options"), options, depth)
    for index, option in enumerate(options):
        where = (*path, "options", index)
        yield from _check_name(where, option["name"])
        yield from _check_described(where, option)
        yield from check_translations(where, option)
        if option["type"] in NESTING:
            yield from _check_options(where, option.get("options") or [], depth + 1)
        yield from _check_choices(where, option)
        yield from _check_range(where, option)


def _check_order(path: Path, options: list[Json], depth: int) -> Iterator[Problem]:
    nested = [option["type"] in NESTING for option in options]
    if any(nested) and not all(nested):
        words = "Subcommands and plain options cannot be mixed."
        yield Problem(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
    if (any(option["type"] == OptionType.GROUP for option in options) and depth > 0) or depth > 2:
        yield Problem(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deeply.")
    required = [bool(option.get("required")) for option in options]
    if not any(nested) and required != sorted(required, reverse=True):
        words = "Required options must be placed before non-required options"
        yield Problem(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)


def _check_choices(path: Path, option: Json) -> Iterator[Problem]:
    choices: list[Json] = option.get("choices") or []
    yield from check_distinct((*path, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME", choices)
    if choices and option.get("autocomplete"):
        words = "An option has choices or autocomplete, not both."
        yield Problem((*path, "autocomplete"), "BASE_TYPE_INVALID", words)
    for index, choice in enumerate(choices):
        yield from check_translations((*path, "choices", index), choice, free=True)
        if isinstance(choice["value"], str) and len(choice["value"]) > CHOICE:
            where = (*path, "choices", index, "value")
            yield Problem(where, "BASE_TYPE_BAD_LENGTH", f"Must be {CHOICE} or fewer in length.")


def _check_range(path: Path, option: Json) -> Iterator[Problem]:
    for low, high in (("min_value", "max_value"), ("min_length", "max_length")):
        least, most = option.get(low), option.get(high)
        if least is not None and most is not None and least > most:
            words = f"{low} {least} is more than {high} {most}."
            yield Problem((*path, low), "NUMBER_TYPE_MIN", words)


def _weight(thing: Json) -> int:
    """Count name, description and string values, in the longest of all languages."""
    own = _longest(thing, "name") + _longest(thing, "description")
    value = thing.get("value")
    own += len(value) if isinstance(value, str) else 0
    children: list[Any] = [*(thing.get("options") or []), *(thing.get("choices") or [])]
    return own + sum(map(_weight, children))


def _longest(thing: Json, key: str) -> int:
    translations = (thing.get(f"{key}_localizations") or {}).values()
    return max(map(len, [thing.get(key) or "", *translations]))
