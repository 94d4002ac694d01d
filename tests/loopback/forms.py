"""Filling in modals: what the client lets the user submit, and how it reaches the bot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .components import bounds
from .constants import SELECTS, Component
from .errors import Json, UserCannot
from .options import Encoder, Kinds
from .people import Role, User
from .places import Channel

TEXT_LENGTH = 4000
FITTING: dict[Component, Kinds] = {
    Component.USER_SELECT: (User,),
    Component.ROLE_SELECT: (Role,),
    Component.MENTIONABLE_SELECT: (User, Role),
    Component.CHANNEL_SELECT: (Channel,),
}


@dataclass
class Form:
    """A modal on the user's screen and what was entered into it, by custom_id or label."""

    encoder: Encoder
    entered: Mapping[str, Any]
    used: set[str] = field(default_factory=set)

    def submitted(self, modal: Json) -> list[Json]:
        """Return the components that the bot receives."""
        components = [self._top(component) for component in modal["components"]]
        if unknown := set(self.entered) - self.used:
            raise UserCannot(f"the modal {modal['title']!r} has no field {', '.join(unknown)}")
        return components

    def _top(self, component: Json) -> Json:
        kind, own = component["type"], {"type": component["type"], "id": component.get("id", 0)}
        if kind == Component.LABEL:
            answered = self._field(component["component"], component["label"])
            return own | {"component": answered}
        if kind == Component.ROW:
            children: list[Json] = component["components"]
            fields = [self._field(child, child.get("label", "")) for child in children]
            return own | {"components": fields}
        return own

    def _field(self, field: Json, label: str) -> Json:
        kind = Component(field["type"])
        own: Json = {"type": int(kind), "id": field.get("id", 0), "custom_id": field["custom_id"]}
        value = self._value(field["custom_id"], label)
        if kind == Component.TEXT_INPUT:
            return own | {"value": _text(field, label, value)}
        if kind == Component.CHECKBOX:
            return own | {"value": bool(field.get("default") if value is None else value)}
        if kind == Component.RADIO_GROUP:
            chosen = _chosen(field, label, _as_list(value, field), most=1)
            return own | {"value": chosen[0] if chosen else None}
        return own | {"values": self._values(kind, field, label, value)}

    def _values(self, kind: Component, field: Json, label: str, value: Any) -> list[str]:
        if kind == Component.FILE_UPLOAD:
            files = [] if value is None else value if isinstance(value, list) else [value]
            _check_count(field, label, len(files), bounds(field)[1])
            return [self.encoder.upload(file).id for file in files]
        if kind in SELECTS:
            return select_values(self.encoder, field, _as_list(value, field), label)
        most = bounds(field, len(field["options"]))[1]
        return _chosen(field, label, _as_list(value, field), most)

    def _value(self, custom_id: str, label: str) -> Any:
        for name in (custom_id, label):
            if name in self.entered:
                self.used.add(name)
                return self.entered[name]
        return None


def select_values(encoder: Encoder, select: Json, chosen: list[Any], label: str) -> list[str]:
    """Return what a select menu sends: option values, or ids of users, roles and channels."""
    most, kind = bounds(select)[1], Component(select["type"])
    if kind == Component.STRING_SELECT:
        return _chosen(select, label, chosen, most)
    _check_count(select, label, len(chosen), most)
    things = [encoder.known(value) if isinstance(value, str) else value for value in chosen]
    return [encoder.thing(thing, FITTING[kind], select.get("channel_types")) for thing in things]


def _chosen(field: Json, label: str, chosen: list[Any], most: int) -> list[str]:
    by_name = {option["label"]: option["value"] for option in field["options"]}
    by_name |= {option["value"]: option["value"] for option in field["options"]}
    for name in chosen:
        if name not in by_name:
            raise UserCannot(f"{label!r} has no option {name!r}; it has: {', '.join(by_name)}")
    _check_count(field, label, len(chosen), most)
    return [by_name[name] for name in chosen]


def _as_list(value: Any, field: Json) -> list[Any]:
    if value is None:
        return list(_preselected(field))
    return list(value) if isinstance(value, list | tuple) else [value]


def _preselected(field: Json) -> Iterator[str]:
    for option in field.get("options") or ():
        if option.get("default"):
            yield option["value"]
    for default in field.get("default_values") or ():
        yield str(default["id"])


def _check_count(field: Json, label: str, count: int, most: int) -> None:
    least = bounds(field)[0] if field.get("required", True) else 0
    if not least <= count <= most:
        raise UserCannot(f"{label!r} takes {least} to {most} values, not {count}")


def _text(field: Json, label: str, value: Any) -> str:
    text = str((field.get("value") or "") if value is None else value)
    if not text and field.get("required", True):
        raise UserCannot(f"{label!r} is required")
    least, most = field.get("min_length") or 0, field.get("max_length") or TEXT_LENGTH
    if text and not least <= len(text) <= most:
        raise UserCannot(f"{label!r} takes {least} to {most} characters, not {len(text)}")
    return text
