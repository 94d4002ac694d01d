"""What opens over the messages: the window of a modal, and the list above the line where a command is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from .constants import SELECTS, Component
from .errors import Json
from .interactions import Choice
from .localised import shown
from .rendered_parts import select
from .rendered_text import Names, markdown

SHORT = 1


def modal_window(modal: Json, names: Names, bot: str) -> str:
    """Return the window of a modal, with what is filled in already."""
    rows = "".join(_top(component, names) for component in modal["components"])
    note = f"This form will be submitted to <b>{escape(bot)}</b>. Do not share passwords or other secrets."
    end = '<span class="button secondary">Cancel</span><span class="button primary">Submit</span>'
    head = f"<header><h2>{escape(modal['title'])}</h2><i>✕</i></header>"
    body = f"{head}<div class=note>⚠ {note}</div>{rows}<div class=end>{end}</div>"
    return f"<div class=veiled-page><div class=modal>{body}</div></div>"


def command_list(commands: Iterable[Json], typed: str, locale: str, bot: str) -> str:
    """Return the commands that are offered while `typed` stands in the line, in the reader's language."""
    rows = "".join(_command(command, locale) for command in commands)
    return f"<div class=offers><h4>{escape(bot)}</h4>{rows}</div><div class=line-in>{escape(typed)}<i></i></div>"


def choice_list(choices: Iterable[Choice], option: str, typed: str) -> str:
    """Return what autocomplete offers for an option."""
    rows = "".join(f"<div class=offer>{escape(choice.name)}</div>" for choice in choices)
    head = f"<h4>OPTIONS MATCHING {escape(typed)}</h4>" if typed else "<h4>OPTIONS</h4>"
    line = f"<span class=option>{escape(option)} <b>{escape(typed)}<i></i></b></span>"
    return f"<div class=offers>{head}{rows}</div><div class=line-in>{line}</div>"


def _command(command: Json, locale: str) -> str:
    options = [option for option in command.get("options") or () if option["type"] > 2]
    chips = "".join(f"<code>{escape(shown(option, 'name', locale))}</code>" for option in options[:6])
    name, words = shown(command, "name", locale), shown(command, "description", locale)
    return f"<div class=offer><div><b>/{escape(name)}</b>{chips}</div><small>{escape(words)}</small></div>"


def _top(component: Json, names: Names) -> str:
    kind = component["type"]
    if kind == Component.TEXT_DISPLAY:
        return f"<div class=text>{markdown(component['content'], names)}</div>"
    if kind == Component.ROW:
        return "".join(_labelled(child, child.get("label") or "", "", names) for child in component["components"])
    return _labelled(component["component"], component["label"], component.get("description") or "", names)


def _labelled(field: Json, label: str, description: str, names: Names) -> str:
    star = "<em>*</em>" if field.get("required", True) and field["type"] != Component.CHECKBOX else ""
    small = f"<small>{escape(description)}</small>" if description else ""
    return f"<div class=field><label>{escape(label)}{star}</label>{small}{_field(field, names)}</div>"


def _field(field: Json, names: Names) -> str:
    kind = Component(field["type"])
    if kind in SELECTS:
        return select(field, names)
    draw: dict[Component, Callable[[Json], str]] = {
        Component.TEXT_INPUT: _text_input,
        Component.FILE_UPLOAD: _file_upload,
        Component.RADIO_GROUP: lambda found: _ticks(found, "round"),
        Component.CHECKBOX_GROUP: lambda found: _ticks(found, "square"),
        Component.CHECKBOX: lambda found: f"<div class=tick>{_mark('square', found)}</div>",
    }
    return draw[kind](field)


def _text_input(field: Json) -> str:
    value, tall = field.get("value") or "", "" if field["style"] == SHORT else " tall"
    look = "" if value else " empty"
    return f'<div class="input{tall}{look}">{escape(value or field.get("placeholder") or "")}</div>'


def _file_upload(field: Json) -> str:
    most = field.get("max_values") or 1
    words = "Drop file here or <a>browse</a>" if most == 1 else f"Drop up to {most} files here or <a>browse</a>"
    return f"<div class=drop><i>⬆</i>{words}</div>"


def _mark(shape: str, option: Json) -> str:
    return f'<i class="{shape}{" on" if option.get("default") else ""}"></i>'


def _ticks(field: Json, shape: str) -> str:
    def tick(option: Json) -> str:
        words = f"<small>{escape(option['description'])}</small>" if option.get("description") else ""
        return f"<div class=tick>{_mark(shape, option)}<div>{escape(option['label'])}{words}</div></div>"

    return "".join(map(tick, field["options"]))
