"""Keys of request bodies that Discord's description does not know: Discord ignores them, so they are mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .components import Path
from .errors import Json

UNDESCRIBED = {"nsfw", "tts"}  # documented, or sent by discord.py, but missing in the description
RETURNED = {"attachment_id", "content_type", "height", "proxy_url", "type", "width"}  # media as Discord gave it back
Lookup = Callable[[str], Json]


def unknown_keys(schema: Json, body: Any, lookup: Lookup, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all keys that no branch of the schema describes; `lookup` follows a $ref."""
    branches = list(_branches(schema, lookup))
    if isinstance(body, list):
        items = {"anyOf": [branch["items"] for branch in branches if "items" in branch]}
        for index, item in enumerate(body if items["anyOf"] else ()):
            yield from unknown_keys(items, item, lookup, (*path, index))
    elif isinstance(body, dict):
        yield from _unknown_in_object(branches, body, lookup, path)


def _unknown_in_object(branches: list[Json], body: Json, lookup: Lookup, path: Path) -> Iterator[Path]:
    described = [branch for branch in branches if "properties" in branch or "additionalProperties" in branch]
    meant = [branch for branch in described if _is_of_type(branch, body)] or described
    if not meant or any(branch.get("additionalProperties") for branch in meant):
        return
    for key, value in body.items():
        schemas = [branch["properties"][key] for branch in meant if key in branch["properties"]]
        if not schemas and key not in UNDESCRIBED | RETURNED:
            yield (*path, key)
        elif schemas:
            yield from unknown_keys({"anyOf": schemas}, value, lookup, (*path, key))


def _branches(schema: Json, lookup: Lookup) -> Iterator[Json]:
    if "$ref" in schema:
        yield from _branches(lookup(schema["$ref"]), lookup)
    yield schema
    for key in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(key) or ():
            yield from _branches(part, lookup)


def _is_of_type(branch: Json, body: Json) -> bool:
    """Does the branch describe this kind of component, option or answer?"""
    kinds = branch.get("properties", {}).get("type", {}).get("enum")
    return kinds is None or body.get("type") in kinds
