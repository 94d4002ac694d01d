"""Embeds and components of messages as HTML: rows, buttons, menus, and the layouts of components V2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from .constants import LINK_BUTTON, SELECTS, Component
from .errors import Json
from .rendered_media import Media, file_card, gallery
from .rendered_text import Names, inline, markdown

BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary"}
DEFAULT_COLOUR = 0x1E1F22
PLACEHOLDERS = {
    Component.STRING_SELECT: "Make a selection",
    Component.USER_SELECT: "Select a user",
    Component.ROLE_SELECT: "Select a role",
    Component.MENTIONABLE_SELECT: "Select a user or role",
    Component.CHANNEL_SELECT: "Select a channel",
}


@dataclass(frozen=True)
class Parts:
    """Draws the parts of one message."""

    media: Media
    names: Names

    def components(self, components: Iterable[Json]) -> str:
        """Return all of them, top to bottom."""
        return "".join(map(self.component, components))

    def component(self, component: Json) -> str:
        """Return one component with everything in it."""
        kind = Component(component["type"])
        if kind in SELECTS:
            return select(component, self.names)
        draw: dict[Component, Callable[[Json], str]] = {
            Component.ROW: lambda row: f"<div class=buttons>{self.components(row['components'])}</div>",
            Component.BUTTON: button,
            Component.SECTION: self._section,
            Component.TEXT_DISPLAY: lambda text: f"<div class=text>{markdown(text['content'], self.names)}</div>",
            Component.THUMBNAIL: lambda item: f"<div class=thumbnail>{self.media.picture(item).html()}</div>",
            Component.GALLERY: lambda found: gallery([self.media.picture(item) for item in found["items"]]),
            Component.FILE: self._file,
            Component.SEPARATOR: _separator,
            Component.CONTAINER: self._container,
        }
        return draw[kind](component)

    def embed(self, embed: Json) -> str:
        """Return an embed: a card with a coloured edge."""
        body = "".join(self._embed_texts(embed)) + f"<div class=fields>{self._fields(embed)}</div>"
        for key in ("image", "thumbnail"):
            if embed.get(key):
                source = escape(self.media.source(embed[key]["url"]))
                body += f'<img class="{key}" src="{source}" alt="">'
        if footer := embed.get("footer"):
            body += f"<footer>{escape(footer['text'])}</footer>"
        return f'<div class=embed style="border-color:{_colour(embed.get("color"))}">{body}</div>'

    def _embed_texts(self, embed: Json) -> Iterable[str]:
        if author := embed.get("author"):
            yield f"<div class=author>{escape(author['name'])}</div>"
        if embed.get("title"):
            yield f"<div class=title>{inline(embed['title'], self.names)}</div>"
        if embed.get("description"):
            yield markdown(embed["description"], self.names)

    def _fields(self, embed: Json) -> str:
        return "".join(
            f'<div class="{"inline" if field.get("inline") else ""}"><b>{inline(field["name"], self.names)}</b>'
            f"{markdown(field['value'], self.names)}</div>"
            for field in embed.get("fields") or ()
        )

    def _section(self, section: Json) -> str:
        texts = self.components(section["components"])
        return f"<div class=section><div>{texts}</div>{self.component(section['accessory'])}</div>"

    def _container(self, container: Json) -> str:
        colour = container.get("accent_color")
        edge = f' style="border-left:4px solid {_colour(colour)}"' if colour is not None else ""
        veil = " veil" if container.get("spoiler") else ""
        return f'<div class="container{veil}"{edge}>{self.components(container["components"])}</div>'

    def _file(self, component: Json) -> str:
        found = self.media.file(component["file"]["url"])
        return file_card(found) if found else ""


def button(component: Json) -> str:
    """Return a button in its style, faded if it is disabled."""
    style = BUTTON_STYLES[component["style"]]
    dead = " disabled" if component.get("disabled") else ""
    words = escape(component.get("label") or "") + (" ↗" if component["style"] == LINK_BUTTON else "")
    sign = escape((component.get("emoji") or {}).get("name") or "")
    inner = "".join(f"<span>{part}</span>" for part in (sign, words) if part)
    return f'<span class="button {style}{dead}">{inner}</span>'


def select(component: Json, names: Names) -> str:
    """Return a closed select menu: what is chosen by default, or its placeholder."""
    kind = Component(component["type"])
    chosen = [option["label"] for option in component.get("options") or () if option.get("default")]
    for default in component.get("default_values") or ():
        mark = {"user": "@", "role": "@&", "channel": "#"}[default["type"]]
        chosen.append(("#" if mark == "#" else "@") + names(mark, str(default["id"])))
    words = ", ".join(chosen) or component.get("placeholder") or PLACEHOLDERS[kind]
    look = ("" if chosen else " empty") + (" disabled" if component.get("disabled") else "")
    return f'<div class="select{look}"><span>{escape(words)}</span><i>⌄</i></div>'


def _separator(component: Json) -> str:
    wide = " wide" if component.get("spacing") == 2 else ""
    return f'<div class="separator{wide}">{"" if component.get("divider") is False else "<hr>"}</div>'


def _colour(number: int | None) -> str:
    return f"#{DEFAULT_COLOUR if number is None else number:06x}"
