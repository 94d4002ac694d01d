"""What a modal may look like: the rules that the OpenAPI description leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from .components import Path, walk
from .constants import SELECTS, Component
from .errors import Json, Problem
from .rules_messages import check_identifiers, check_select

TOP_LEVEL = 5


def check_modal(modal: Json) -> Iterator[Problem]:
    """Yield every rule that this modal breaks."""
    components = modal["components"]
    if len(components) > TOP_LEVEL:
        words = f"Must be between 1 and {TOP_LEVEL} in length."
        yield Problem(("components",), "BASE_TYPE_BAD_LENGTH", words)
    yield from check_identifiers(components)
    for path, component in walk(components):
        where: Path = ("components", *path)
        if component["type"] in SELECTS:
            yield from check_select(where, component)
        elif component["type"] == Component.TEXT_INPUT:
            yield from _check_text_input(where, component, labelled="component" in path)


def _check_text_input(path: Path, field: Json, *, labelled: bool) -> Iterator[Problem]:
    least, most = field.get("min_length") or 0, field.get("max_length") or 4000
    if least > most:
        words = f"min_length {least} is more than max_length {most}."
        yield Problem((*path, "min_length"), "BASE_TYPE_BAD_LENGTH", words)
    value = field.get("value") or ""
    if value and not least <= len(value) <= most:
        words = f"The prefilled {len(value)} characters are not between {least} and {most}."
        yield Problem((*path, "value"), "BASE_TYPE_BAD_LENGTH", words)
    if labelled == bool(field.get("label")):
        words = "A text input has a label of its own in an action row, and none in a Label."
        yield Problem((*path, "label"), "BASE_TYPE_INVALID", words)
