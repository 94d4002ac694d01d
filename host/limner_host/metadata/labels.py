"""What a recipe's stages are called, and what was set of them: the words that an infotext has for definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from limner_host.offers import Offer
from limner_sdk import Stage, UnknownName
from limner_sdk.errors import AmbiguousName

Lookup: TypeAlias = Callable[[str], Offer[Any]]


def label_of(name: str, lookup: Lookup) -> str:
    """The label of a definition if it leads back to it, else the full id."""
    try:
        label = lookup(name).label
        return label if lookup(label).id == name else name
    except (UnknownName, AmbiguousName):
        return name


def full_id(name: str, lookup: Lookup) -> str:
    """The full id of the definition that a name means; the name if nothing here answers to it."""
    try:
        return lookup(name).id
    except (UnknownName, AmbiguousName):
        return name


def definition_of(name: str, lookup: Lookup) -> Any:
    """The definition behind a full id, None if nothing here answers to it."""
    try:
        return lookup(name).definition
    except (UnknownName, AmbiguousName):
        return None


def set_of(stage: Stage, lookup: Lookup) -> Mapping[str, Any]:
    """The parameters of a stage that differ from their defaults; all that are set if there is no such definition."""
    definition = definition_of(stage.id, lookup)
    usual = definition.params().model_dump(mode="json") if definition else {}
    return {
        name: value
        for name, value in stage.params.items()
        if value is not None and (name not in usual or usual[name] != value)
    }
