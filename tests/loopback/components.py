"""Reading components: walking a tree of them, and the buttons, selects and texts found in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .constants import LINK_BUTTON, SELECTS, Component
from .errors import Json, UserCannot

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Button:
    """A button as the user sees it."""

    label: str
    custom_id: str
    style: int
    disabled: bool = False
    emoji: str = ""
    url: str | None = None
    id: int = 0

    def answers_to(self, name: str) -> bool:
        """Is this the button somebody calls by label, emoji or custom_id?"""
        return name in {self.label, self.custom_id, self.emoji} - {""}


def walk(components: Iterable[Json] | None, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Yield every component of a tree with its path, parents first."""
    for index, component in enumerate(components or ()):
        yield from _walk_one(component, (*path, index))


def _walk_one(component: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    yield path, component
    yield from walk(component.get("components"), (*path, "components"))
    for key in ("accessory", "component"):
        if isinstance(component.get(key), dict):
            yield from _walk_one(component[key], (*path, key))


def is_button(thing: Json) -> bool:
    """Is it a button? The links of buttons stay as they were sent."""
    return thing.get("type") == Component.BUTTON and "style" in thing


def buttons(components: Iterable[Json]) -> list[Button]:
    """Return all buttons, wherever they are nested."""
    return [
        _button(component)
        for _, component in walk(components)
        if component["type"] == Component.BUTTON
    ]


def _button(component: Json) -> Button:
    return Button(
        label=component.get("label") or "",
        custom_id=component.get("custom_id") or "",
        style=component["style"],
        disabled=bool(component.get("disabled")),
        emoji=(component.get("emoji") or {}).get("name") or "",
        url=component.get("url"),
        id=component.get("id") or 0,
    )


def find_button(components: Iterable[Json], name: str) -> Button:
    """Return the button called `name` that the user may press now."""
    present = buttons(components)
    found = next((button for button in present if button.answers_to(name)), None)
    if found is None:
        labels = ", ".join(button.label or button.emoji for button in present) or "none"
        raise UserCannot(f"there is no button {name!r}; the buttons are: {labels}")
    if found.disabled:
        raise UserCannot(f"the button {name!r} is disabled")
    if found.style == LINK_BUTTON or not found.custom_id:
        raise UserCannot(f"the button {name!r} opens a link and tells the bot nothing")
    return found


def find_select(components: Iterable[Json], name: str | None) -> Json:
    """Return the select menu with this custom_id or placeholder; None means the only one."""
    present = [found for _, found in walk(components) if found["type"] in SELECTS]
    named = [s for s in present if name in (None, s["custom_id"], s.get("placeholder"))]
    if len(named) != 1:
        names = ", ".join(select["custom_id"] for select in present) or "none"
        raise UserCannot(f"no single select menu {name!r}; the menus are: {names}")
    if named[0].get("disabled"):
        raise UserCannot(f"the select menu {name!r} is disabled")
    return named[0]


def bounds(field: Json, most: int = 1) -> tuple[int, int]:
    """Return how few and how many values a select menu or another field with options takes."""
    least, limit = field.get("min_values"), field.get("max_values")
    return 1 if least is None else least, most if limit is None else limit


def texts(components: Iterable[Json]) -> list[str]:
    """Return the contents of all text displays."""
    return [found["content"] for _, found in walk(components) if "content" in found]


def with_ids(components: list[Json]) -> list[Json]:
    """Number the components that came without an id, as Discord does, in reading order."""
    taken = {component.get("id") for _, component in walk(components)}
    free = (number for number in range(1, 1000) if number not in taken)
    for _, component in walk(components):
        if not component.get("id"):
            component["id"] = next(free)
    return components
