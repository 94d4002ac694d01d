"""Forms (Discord calls them modals): fields as plain data, and what somebody wrote into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import discord
from discord import ui

from .harmless import label

Interaction: TypeAlias = discord.Interaction[Any]
FieldKind: TypeAlias = Literal["line", "paragraph", "choice", "switch", "file"]

MOST_FIELDS: Final = 5
MOST_OPTIONS: Final = 25
LONGEST_TITLE: Final = 45
LONGEST_LABEL: Final = 45
LONGEST_HELP: Final = 100
LONGEST_TEXT: Final = 4000
#: Seconds after which discord.py forgets a form that nobody sent; what is sent later is served all the same.
_REMEMBERED: Final = 900


@dataclass(frozen=True)
class Field:
    """One field of a form. `options` are (label, value) of a choice; `default` is what stands in it at first.

    `hint` is shown in a text field as long as nothing stands in it.
    """

    key: str
    label: str
    kind: FieldKind = "line"
    help: str = ""
    default: str = ""
    options: Sequence[tuple[str, str]] = ()
    required: bool = False
    most: int = LONGEST_TEXT
    hint: str = ""


@dataclass(frozen=True)
class Uploaded:
    """A file that somebody attached to a form; `size` is bytes."""

    filename: str
    url: str
    size: int


def form(custom_id: str, title: str, fields: Sequence[Field], about: str = "") -> discord.ui.Modal:
    """A form of at most five fields; a text `about` it, which stands above them, counts as one."""
    modal = ui.Modal(title=label(title, LONGEST_TITLE), custom_id=custom_id, timeout=_REMEMBERED)
    if about:
        modal.add_item(ui.TextDisplay(about))
    for field in fields:
        help_text = label(field.help, LONGEST_HELP) or None
        modal.add_item(ui.Label(text=label(field.label, LONGEST_LABEL), description=help_text, component=_item(field)))
    return modal


def _item(field: Field) -> ui.Item[Any]:
    match field.kind:
        case "choice":
            return _menu(field)
        case "switch":
            return ui.Checkbox(custom_id=field.key, default=field.default == "true")
        case "file":
            return ui.FileUpload(custom_id=field.key, required=field.required, min_values=int(field.required))
    style = discord.TextStyle.paragraph if field.kind == "paragraph" else discord.TextStyle.short
    text: ui.TextInput[Any] = ui.TextInput(
        custom_id=field.key,
        style=style,
        default=field.default[: field.most] or None,
        placeholder=label(field.hint, LONGEST_HELP) or None,
        required=field.required,
        max_length=field.most,
    )
    return text


def _menu(field: Field) -> ui.Item[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=field.key, required=field.required, min_values=int(field.required))
    for text, value in field.options[:MOST_OPTIONS]:
        menu.add_option(label=label(text, 100) or value[:100], value=value, default=value == field.default)
    return menu


def entered(interaction: Interaction) -> dict[str, str]:
    """What was written and chosen, by the fields' keys; "true" or "false" for a switch, "" for nothing."""
    found = {}
    for component in _components(_data(interaction).get("components", ())):
        if "value" in component:
            value = component["value"]
            found[component["custom_id"]] = str(value).lower() if isinstance(value, bool) else str(value or "")
        elif "values" in component:
            found[component["custom_id"]] = ",".join(map(str, component["values"] or ()))
    return found


def files(interaction: Interaction) -> dict[str, Uploaded]:
    """The first file of each field that has one, by the fields' keys."""
    known = _data(interaction).get("resolved", {}).get("attachments", {})
    return {
        key: Uploaded(str(known[first]["filename"]), str(known[first]["url"]), int(known[first]["size"]))
        for key, value in entered(interaction).items()
        if (first := value.partition(",")[0]) in known
    }


def _components(parts: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in parts:
        inner = part.get("components") or ([part["component"]] if part.get("component") else [])
        yield from _components(inner)
        if "custom_id" in part:
            yield part


def _data(interaction: Interaction) -> Any:
    return interaction.data or {}
