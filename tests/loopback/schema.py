"""Discord's own OpenAPI description, turned into a check of request bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from .constants import Callback
from .errors import Problem
from .unknown_keys import unknown_keys

SPECIFICATION = Path(__file__).with_name("data") / "discord-openapi-v10.json.gz"
ADDRESS = "urn:discord"
NESTED = {"data", "components", "component", "accessory"}
CALLBACK_ROUTE = "/interactions/{interaction_id}/{interaction_token}/callback"
CALLBACK_SCHEMAS = {
    Callback.MESSAGE: "CreateMessageInteractionCallbackRequest",
    Callback.DEFERRED_MESSAGE: "CreateMessageInteractionCallbackRequest",
    Callback.DEFERRED_UPDATE: "UpdateMessageInteractionCallbackRequest",
    Callback.UPDATE: "UpdateMessageInteractionCallbackRequest",
    Callback.CHOICES: "ApplicationCommandAutocompleteCallbackRequest",
    Callback.MODAL: "ModalInteractionCallbackRequest",
}


def problems(method: str, template: str, body: Any) -> Iterator[Problem]:
    """Yield everything that the description of this route forbids in this body."""
    pointer = _pointer(method, template, body)
    for error in _validator(pointer).iter_errors(_as_described(body)):
        leaf = _most_telling(error)
        yield Problem(tuple(leaf.absolute_path), _code(leaf), leaf.message[:300])


def unknown(method: str, template: str, body: Any) -> Iterator[Problem]:
    """Yield the keys of this body that the description of this route does not know."""
    pointer = _pointer(method, template, body)
    for path in unknown_keys({"$ref": f"#{pointer}"}, body, _described):
        yield Problem(path, "UNKNOWN_KEY", "Discord knows no such key and ignores it.")


@cache
def _described(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = _registry().resolver().lookup(f"{ADDRESS}{reference}").contents
    return found


def _pointer(method: str, template: str, body: Any) -> str:
    if template == CALLBACK_ROUTE and isinstance(body, dict) and body.get("type") in set(Callback):
        return f"/components/schemas/{CALLBACK_SCHEMAS[Callback(body['type'])]}"
    route = template.replace("~", "~0").replace("/", "~1")
    return f"/paths/{route}/{method.lower()}/requestBody/content/application~1json/schema"


@cache
def _registry() -> Registry[Any]:
    contents = json.loads(gzip.decompress(SPECIFICATION.read_bytes()))
    resource: Resource[Any] = DRAFT202012.create_resource(contents)
    registry: Registry[Any] = Registry().with_resource(ADDRESS, resource)
    return registry.crawl()


@cache
def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{ADDRESS}#{pointer}"}, registry=_registry())


def _as_described(body: Any) -> Any:
    """Write what the wire takes in two forms in the one form that is described.

    Ids of attachments, of people to mention, to write to and to choose by default may be numbers, described are
    strings; permissions the other way round.
    """
    if isinstance(body, list):
        return [_as_described(item) for item in body]
    if not isinstance(body, dict):
        return body
    described = {key: _as_described(item) for key, item in body.items() if key in NESTED}
    permissions = body.get("default_member_permissions")
    if isinstance(permissions, str) and permissions.isdecimal():
        described["default_member_permissions"] = int(permissions)
    for key in ("attachments", "default_values"):
        if isinstance(body.get(key), list):
            described[key] = [_string_id(item) for item in body[key]]
    if isinstance(body.get("recipient_id"), int):
        described["recipient_id"] = str(body["recipient_id"])
    if isinstance(body.get("allowed_mentions"), dict):
        described["allowed_mentions"] = {key: _texts(value) for key, value in body["allowed_mentions"].items()}
    return body | described


def _texts(value: Any) -> Any:
    return [str(item) for item in value] if isinstance(value, list) else value


def _string_id(thing: Any) -> Any:
    if isinstance(thing, dict) and isinstance(thing.get("id"), int):
        return thing | {"id": str(thing["id"])}
    return thing


def _most_telling(error: ValidationError) -> ValidationError:
    """Descend from "matches none of these" to the reason in the branch that was meant."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for cause in error.context:
            branches.setdefault(cause.schema_path[0], []).append(cause)
        meant = min(branches.values(), key=_distance)
        error = meant[0]
    return error


def _distance(branch: list[ValidationError]) -> tuple[bool, int]:
    def wrong_kind(cause: ValidationError) -> bool:
        names_the_type = [*cause.relative_path][-1:] == ["type"] and cause.validator == "enum"
        return names_the_type or (cause.validator == "type" and not cause.relative_path)

    return any(map(wrong_kind, branch)), len(branch)


def _code(error: ValidationError) -> str:
    if error.validator in {"maxLength", "minLength", "maxItems", "minItems"}:
        return "BASE_TYPE_BAD_LENGTH"
    return "BASE_TYPE_REQUIRED" if error.validator == "required" else "BASE_TYPE_INVALID"
