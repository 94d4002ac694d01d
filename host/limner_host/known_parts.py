"""Looks whether there is an upscaler or a detector of a name; if not, tells which there are that can be used."""

from __future__ import annotations

import difflib
from typing import Final

from limner_sdk import UnknownName
from limner_sdk.folders import DataFolder

from .enlarging import FILTERS, filter_named
from .part_files import files_in
from .registry import Registry

#: What is listed at most of those that there are.
MOST_LISTED: Final = 12


def check_part(kind: str, name: str, registry: Registry, data: DataFolder) -> None:
    """Raises `UnknownName` or `AmbiguousName` for what is no ``upscaler`` or ``detector``; filters are upscalers."""
    if kind == "upscaler" and filter_named(name):
        return
    try:
        {"upscaler": registry.upscaler, "detector": registry.detector}[kind](name)
    except UnknownName:
        raise UnknownName(kind, name, f"is unknown; {_there_is(name, usable_parts(kind, registry, data))}") from None


def usable_parts(kind: str, registry: Registry, data: DataFolder) -> tuple[str, ...]:
    """The names of those that can be used: filters, and all whose weight files nothing speaks against."""
    filters = tuple(FILTERS) if kind == "upscaler" else ()
    useless = {(file.name, file.label) for file in files_in(data, kind) if file.problem()}
    offers = (offer for offer in registry.offers(kind) if (offer.name, offer.label) not in useless)
    return *filters, *sorted({offer.name for offer in offers})


def _there_is(name: str, names: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name.casefold(), names, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"{hint}there is {', '.join(names[:MOST_LISTED]) or 'none'}{more}"
