"""The registry that a host has, rebuilt from what it announced: names and parameters, and nothing that could run.

So pictures of others are understood here as they are there, plugins of strangers included, without importing any.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Literal, NoReturn

import pluggy
from pydantic import create_model

from limner_host.discovery import HOOKS, Plugin, Plugins
from limner_host.registry import Registry
from limner_sdk import Catalogue, Definition, DefinitionError, LimnerSpecs, ModelDef, ModelDefaults, Params, param
from limner_sdk.catalogue import ModelEntry, StageEntry
from limner_sdk.hooks import PROJECT
from limner_sdk.params import LONGEST_HELP
from limner_sdk.types import Size

KINDS: Final[Mapping[str, type[Any]]] = {kind.kind: kind for kind in HOOKS.values() if kind is not ModelDef}
#: How a kind calls its function, where it is not `run`.
FUNCTIONS: Final[Mapping[str, str]] = {"tiler": "plan", "denoiser": "wrap", "codec": "wrap"}
TYPES: Final[Mapping[str, type]] = {"boolean": bool, "integer": int, "number": float, "string": str}

log = logging.getLogger(__name__)


class Knowledge:
    """What a host offers. The registry is made when the first picture needs it."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._catalogue = catalogue or Catalogue()

    @cached_property
    def registry(self) -> Registry:
        """Every model and definition that could be rebuilt."""
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(LimnerSpecs)
        return Registry(Plugins(tuple(_plugins(self._catalogue)), manager))


def _plugins(catalogue: Catalogue) -> Iterator[Plugin]:
    found: dict[str, list[Definition[Any] | ModelDef]] = {}
    entries: list[ModelEntry | StageEntry] = [*catalogue.models, *catalogue.stages]
    for entry in entries:
        plugin = entry.id.partition(":")[0]
        try:
            definition = _model(entry) if isinstance(entry, ModelEntry) else _definition(entry)
        except (DefinitionError, LookupError, TypeError, ValueError) as error:
            log.warning("%s is not known in the darkroom: %s", entry.id, error)
            continue
        found.setdefault(plugin, []).append(definition)
    for name, definitions in found.items():
        yield Plugin(name, "", "", tuple(definitions))


def _model(entry: ModelEntry) -> ModelDef:
    defaults = ModelDefaults(Size(entry.width, entry.height), entry.steps, entry.cfg, entry.sampler)
    return ModelDef(entry.name, entry.summary or entry.name, entry.family, _elsewhere, defaults, entry.label)


def _definition(entry: StageEntry) -> Definition[Any]:
    function = {FUNCTIONS.get(entry.kind, "run"): _elsewhere}
    schedule = {"schedule": entry.schedule} if entry.schedule else {}
    return KINDS[entry.kind](  # type: ignore[no-any-return]
        name=entry.name,
        summary=entry.summary or entry.name,
        params=params_of(entry.name, entry.parameters),
        label=entry.label,
        aliases=entry.aliases,
        **function,
        **schedule,
    )


def _elsewhere(*arguments: object) -> NoReturn:
    raise NotImplementedError("the darkroom knows definitions by name only")


def params_of(name: str, schema: Mapping[str, Any]) -> type[Params]:
    """The parameter model that a JSON schema of one describes, without checks that only its author's code makes.

    Raises `DefinitionError`, `LookupError` or `TypeError` for what is no such schema.
    """
    named = schema.get("$defs", {})
    fields = {field: _field(field, values, named) for field, values in schema.get("properties", {}).items()}
    made: type[Params] = create_model(f"{name}_params", __base__=Params, **fields)  # type: ignore[call-overload]
    return made


def _field(name: str, values: Mapping[str, Any], named: Mapping[str, Any]) -> tuple[Any, Any]:
    inner = [_behind(choice, named) for choice in values.get("anyOf", [values])]
    (form,) = (choice for choice in inner if choice.get("type") != "null")
    kind = _kind(form) if len(inner) == 1 else _kind(form) | None
    default = param(
        values["default"],
        str(values.get("description", "") or name)[:LONGEST_HELP],
        ge=form.get("minimum"),
        le=form.get("maximum"),
        max_length=form.get("maxLength"),
    )
    return kind, default


def _behind(form: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference stands for."""
    reference = form.get("$ref")
    return named[reference.rpartition("/")[2]] if isinstance(reference, str) else form


def _kind(form: Mapping[str, Any]) -> Any:
    choices = form.get("enum", [form["const"]] if "const" in form else None)
    return TYPES[form["type"]] if choices is None else Literal[tuple(choices)]
