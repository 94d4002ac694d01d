"""How the option `finish` is completed while somebody types: names, then parameters, then their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from limner_sdk import Catalogue, InvalidRequest, StageEntry
from limner_sdk.catalogue import named

from .finishing import OPTION, kind_of, offerable, parameter_name, parts, schemas
from .suggesting import ranked

_LONGEST: Final = 100
#: A parameter that is called so, or ends so, takes a name of this kind.
_KINDS: Final = ("detector", "upscaler", "sampler", "schedule", "preprocessor")
#: What enlarges everywhere, beside the upscalers of plugins.
FILTERS: Final = ("lanczos", "nearest")


def completed(typed: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Labels and values that complete the last post-processor of what was typed, or its last parameter."""
    *before, last = parts(typed, ",")
    head = "".join(f"{part.strip()}, " for part in before if part.strip())
    name, bracket, inside = last.strip().partition("(")
    found = _parameters(name, inside, catalogue) if bracket else _names(name, offerable(catalogue.stages))
    for label, value in found:
        if len(f"{head}{value}") <= _LONGEST:
            yield f"{head}{label}"[:_LONGEST], f"{head}{value}"


def _names(typed: str, offered: Sequence[StageEntry]) -> Iterator[tuple[str, str]]:
    wanted, names = parameter_name(typed), [entry.name for entry in offered]
    said = {entry.id: entry.name if names.count(entry.name) == 1 else entry.id for entry in offered}
    found = ranked(typed, [(entry.label, said[entry.id]) for entry in offered])
    yield from found
    for entry in offered:
        if wanted in " ".join(entry.aliases).casefold() and (entry.label, said[entry.id]) not in found:
            yield entry.label, said[entry.id]


def _parameters(name: str, inside: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    try:
        known = schemas(named(OPTION, name, offerable(catalogue.stages)))
    except InvalidRequest:
        return
    *earlier, last = parts(inside.removesuffix(")"), ";")
    kept = "".join(f"{part.strip()}; " for part in earlier)
    for pair, help_text in pairs(last, known, catalogue):
        text = f"{name.strip()}({kept}{pair})"
        yield f"{text} · {help_text}", text


def pairs(typed: str, known: Mapping[str, Any], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """What sets a parameter, with a word about it: behind ``=`` its values, before that all that begin like it."""
    key, sign, value = typed.partition("=")
    key = parameter_name(key)
    if not sign:
        for name in (name for name in known if name.startswith(key)):
            yield f"{name}={_shown(known[name].get('default'))}", known[name].get("description", "")
    elif key in known:
        for label, chosen in _values(key, value.strip(), known[key], catalogue):
            yield f"{key}={chosen}", label


def _values(key: str, typed: str, schema: Mapping[str, Any], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Labels and values that fit; what was typed itself, or else the default, if nobody can list any."""
    kind, help_text = kind_of(schema), schema.get("description", "")
    if listed := kind.get("enum") or (("true", "false") if kind.get("type") == "boolean" else ()):
        found = [(help_text, str(value)) for value in listed]
    else:
        found = list(names_for(key, schema, catalogue))
    if not found:
        yield help_text, typed or _shown(schema.get("default"))
    wanted = parameter_name(typed)
    fitting = [pair for pair in found if wanted in f"{pair[1]} {pair[0]}".casefold().replace("-", "_")]
    yield from sorted(fitting, key=lambda pair: not parameter_name(pair[1]).startswith(wanted))


def names_for(key: str, schema: Mapping[str, Any], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Labels and names for a parameter that is called like something of the catalogue's.

    None if its default is nothing of that kind: then it only has the same name.
    """
    word = key.rpartition("_")[2]
    entries = catalogue.models if word == "model" else working(catalogue, word) if word in _KINDS else ()
    names = [entry.name for entry in entries]
    plain = FILTERS if word == "upscaler" else ()
    found = [(name, name) for name in plain]
    found += [(entry.label, entry.name if names.count(entry.name) == 1 else entry.id) for entry in entries]
    if schema.get("default") in (None, "", *plain, *names, *(entry.id for entry in entries)):
        yield from found


def working(catalogue: Catalogue, kind: str) -> tuple[StageEntry, ...]:
    """The definitions of a kind that lack nothing."""
    return tuple(stage for stage in catalogue.stages_of(kind) if not stage.missing)


def _shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
