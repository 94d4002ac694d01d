"""The option `finish`: post-processors by name, with parameters, as people write them and as they are completed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from limner_sdk import Choice, InvalidRequest, StageEntry
from limner_sdk.catalogue import named
from limner_sdk.request import MOST_POSTPROCESSORS

OPTION: Final = "finish"
_ONE: Final = re.compile(r"\s*([^()]+?)\s*(?:\((.*)\))?\s*", re.DOTALL)
_LONGEST: Final = 100


def parse_finish(text: str, offered: Sequence[StageEntry], *, strict: bool = True) -> tuple[Choice, ...]:
    """What ``detailer(denoise=0.5; prompt=a happy face), ultimate-upscale`` asks for, by full ids.

    Commas and semicolons inside brackets are the prompt's own. Raises `InvalidRequest` with one clear sentence; if
    not `strict`, names and parameters that nobody knows are believed.
    """
    choices = tuple(_choice(part, offered, strict) for part in _parts(text, ",") if part.strip())
    if not 1 <= len(choices) <= MOST_POSTPROCESSORS:
        remedy = f"names {len(choices)} post-processors; name 1 to {MOST_POSTPROCESSORS}, such as detailer"
        raise InvalidRequest(OPTION, text, remedy)
    return choices


def _choice(text: str, offered: Sequence[StageEntry], strict: bool) -> Choice:
    found = _ONE.fullmatch(text)
    if found is None or len(found[1]) > _LONGEST:
        remedy = "is not understood; write names such as detailer, or detailer(denoise=0.5; prompt=a happy face)"
        raise InvalidRequest(OPTION, text.strip(), remedy)
    entry = named(OPTION, found[1], offered) if strict else None
    pairs = [pair for pair in _parts(found[2] or "", ";") if pair.strip()]
    return Choice(name=entry.id if entry else found[1], params=dict(_parameter(pair, entry) for pair in pairs))


def _parts(text: str, mark: str) -> Iterator[str]:
    """`text` between the marks that stand outside of brackets."""
    depth = start = 0
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter == "(") - (letter == ")"))
        if letter == mark and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _parameter(pair: str, entry: StageEntry | None) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in pair.partition("="))
    key = name.casefold().replace("-", "_")
    if not sign:
        raise InvalidRequest(OPTION, name, "sets nothing; write name=value")
    if entry is not None:
        _check_parameter(key, value, entry)
    return key, value


def _check_parameter(key: str, value: str, entry: StageEntry) -> None:
    known = _schemas(entry)
    if key not in known:
        there = f"there is {', '.join(known)}" if known else "it has none"
        raise InvalidRequest(OPTION, key, f"is no parameter of {entry.name}; {there}")
    _check(f"{OPTION}.{entry.name}.{key}", value, known[key])


def _schemas(entry: StageEntry) -> Mapping[str, Any]:
    """The JSON schemas of a definition's parameters, by name."""
    found: Mapping[str, Any] = entry.parameters.get("properties", {})
    return found


def _check(field: str, text: str, schema: Mapping[str, Any]) -> None:
    """Refuse at once what the host would refuse after the job has waited; what is unknown here is let through."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    if len(kinds) != 1 or (not text and "anyOf" in schema):
        return
    kind = kinds[0]
    if kind.get("type") in ("integer", "number"):
        _check_number(field, text, kind)
    elif kind.get("type") == "boolean" and text.casefold() not in _BOOLEANS:
        raise InvalidRequest(field, text, "is neither true nor false")
    elif "enum" in kind and text not in kind["enum"]:
        raise InvalidRequest(field, text, f"is unknown; there is {', '.join(kind['enum'])}")


_BOOLEANS: Final = ("true", "false", "yes", "no", "on", "off", "1", "0", "t", "f", "y", "n")


def _check_number(field: str, text: str, kind: Mapping[str, Any]) -> None:
    least, most = kind.get("minimum", float("-inf")), kind.get("maximum", float("inf"))
    whole = kind["type"] == "integer"
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most or (whole and not number.is_integer()):
        raise InvalidRequest(field, text, f"is no {'whole ' * whole}number from {least} to {most}")


def completed(typed: str, offered: Sequence[StageEntry]) -> Iterator[tuple[str, str]]:
    """Labels and values that complete the last post-processor of what was typed, or its last parameter."""
    *before, last = _parts(typed, ",")
    head = "".join(f"{part.strip()}, " for part in before if part.strip())
    name, bracket, inside = last.strip().partition("(")
    found = _completed_parameters(name, inside, offered) if bracket else _completed_names(name, offered)
    for label, value in found:
        if len(f"{head}{value}") <= _LONGEST:
            yield f"{head}{label}"[:_LONGEST], f"{head}{value}"


def _completed_names(typed: str, offered: Sequence[StageEntry]) -> Iterator[tuple[str, str]]:
    wanted = typed.strip().casefold().replace("-", "_")
    names = [entry.name for entry in offered]
    fitting = [entry for entry in offered if wanted in f"{entry.id} {entry.label} {' '.join(entry.aliases)}".casefold()]
    for entry in sorted(fitting, key=lambda entry: not entry.name.startswith(wanted)):
        yield entry.label, entry.name if names.count(entry.name) == 1 else entry.id


def _completed_parameters(name: str, inside: str, offered: Sequence[StageEntry]) -> Iterator[tuple[str, str]]:
    try:
        schemas = _schemas(named(OPTION, name, offered))
    except InvalidRequest:
        return
    *earlier, last = _parts(inside.removesuffix(")"), ";")
    kept = "".join(f"{part.strip()}; " for part in earlier)
    wanted = last.partition("=")[0].strip().casefold().replace("-", "_")
    for key in (key for key in schemas if key.startswith(wanted)):
        value = last.strip() if "=" in last else f"{key}={_shown(schemas[key].get('default'))}"
        text = f"{name.strip()}({kept}{value})"
        yield f"{text} · {schemas[key].get('description', '')}", text


def _shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
