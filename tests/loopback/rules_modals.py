"""What a modal may look like: the rules that the OpenAPI description leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from .components import Path, bounds, walk
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
        yield from _check_field(("components", *path), component, labelled="component" in path)


def _check_field(path: Path, field: Json, *, labelled: bool) -> Iterator[Problem]:
    kind = field["type"]
    if kind == Component.ROW and len(field["components"]) > 1:
        words = "A row of a modal holds one text input."
        yield Problem((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)
    if kind in SELECTS:
        yield from check_select(path, field)
        if field.get("disabled"):
            yield Problem((*path, "disabled"), "BASE_TYPE_INVALID", "A select menu in a modal cannot be disabled.")
    elif kind == Component.TEXT_INPUT:
        yield from _check_text_input(path, field, labelled=labelled)
    elif kind in (Component.RADIO_GROUP, Component.CHECKBOX_GROUP, Component.FILE_UPLOAD):
        yield from _check_group(path, field)


def _check_group(path: Path, field: Json) -> Iterator[Problem]:
    options: list[Json] = field.get("options") or []
    values = [option["value"] for option in options]
    least, most = bounds(field, len(options) if field["type"] == Component.CHECKBOX_GROUP else 1)
    if len(set(values)) < len(values):
        code = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
        yield Problem((*path, "options"), code, "The specified option value is already used")
    if least > most or (options and most > len(options)):
        words = f"min_values {least}, max_values {most}, {len(options)} options."
        yield Problem((*path, "max_values"), "BASE_TYPE_BAD_LENGTH", words)
    if sum(bool(option.get("default")) for option in options) > most:
        yield Problem((*path, "options"), "BASE_TYPE_BAD_LENGTH", "More options are chosen than may be.")
    if field["type"] == Component.CHECKBOX_GROUP and least == 0 and field.get("required", True):
        yield Problem((*path, "required"), "BASE_TYPE_INVALID", "With min_values 0, required must be false.")


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
