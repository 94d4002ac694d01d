"""The option `finish`: post-processors by name, with parameters, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from limner_bot.words import Mistake
from limner_sdk import Choice, StageEntry
from limner_sdk.catalogue import named
from limner_sdk.request import MOST_POSTPROCESSORS

OPTION: Final = "finish"
_ONE: Final = re.compile(r"\s*([^()]+?)\s*(?:\((.*)\))?\s*", re.DOTALL)
_LONGEST: Final = 100


def parse_finish(
    text: str, offered: Sequence[StageEntry], *, strict: bool = True, option: str = OPTION
) -> tuple[Choice, ...]:
    """What ``detailer(denoise=0.5; prompt=a happy face), ultimate-upscale`` asks for, by full ids.

    Commas and semicolons inside brackets are the prompt's own. Raises `InvalidRequest` with one clear sentence about
    the `option`; if not `strict`, names and parameters that nobody knows are believed.
    """
    read = tuple(_choice(part, option) for part in parts(text, ",") if part.strip())
    choices = tuple(checked(choice, offered, option) for choice in read) if strict else read
    if not 1 <= len(choices) <= MOST_POSTPROCESSORS:
        counts = {"count": str(len(choices)), "most": str(MOST_POSTPROCESSORS)}
        raise Mistake(option, text, "mistake-finish-count", **counts)
    return choices


def _choice(text: str, option: str) -> Choice:
    found = _ONE.fullmatch(text)
    if found is None or len(found[1]) > _LONGEST:
        raise Mistake(option, text.strip(), "mistake-finish-unread")
    return Choice(name=found[1], params=parameters_of(found[2] or "", option))


def parameters_of(text: str, option: str) -> dict[str, str]:
    """What ``denoise=0.5; prompt=a happy face`` sets. Raises `InvalidRequest` about the `option`."""
    return dict(_parameter(pair, option) for pair in parts(text, ";") if pair.strip())


def checked(choice: Choice, offered: Sequence[StageEntry], option: str = OPTION) -> Choice:
    """The choice by full id. Raises `InvalidRequest` for names, parameters and values that are not offered."""
    entry = named(option, choice.name, offered)
    check_pictures(choice, entry, option)
    for key, value in choice.params.items():
        _check_parameter(key, value, entry, option)
    return choice.model_copy(update={"name": entry.id})


def check_pictures(choice: Choice, entry: StageEntry, option: str) -> None:
    """Raise `InvalidRequest` for what needs a picture of its own, as none can be given here."""
    if entry.pictures and not choice.pictures:
        raise Mistake(option, entry.name, "mistake-finish-needs-picture", picture=entry.pictures[0])


def offerable(stages: Iterable[StageEntry]) -> tuple[StageEntry, ...]:
    """The post-processors that may be asked for here: none that needs a picture of its own, as none can be given."""
    return tuple(stage for stage in stages if stage.kind == "postprocessor" and not stage.pictures)


def parts(text: str, mark: str) -> Iterator[str]:
    """`text` between the marks that stand outside of brackets."""
    depth = start = 0
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter == "(") - (letter == ")"))
        if letter == mark and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _parameter(pair: str, option: str) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in pair.partition("="))
    if not sign:
        raise Mistake(option, name, "mistake-sets-nothing")
    return parameter_name(name), value


def parameter_name(text: str) -> str:
    """The name of a parameter however it is typed."""
    return text.strip().casefold().replace("-", "_")


def _check_parameter(key: str, value: Any, entry: StageEntry, option: str) -> None:
    known = schemas(entry)
    if key not in known:
        names = ", ".join(known)
        raise Mistake(option, key, "mistake-no-parameter", name=entry.name, count=len(known), names=names)
    if isinstance(value, str):
        _check(f"{option}.{entry.name}.{key}", value, known[key])


def schemas(entry: StageEntry) -> Mapping[str, Any]:
    """The JSON schemas of a definition's parameters, by name."""
    found: Mapping[str, Any] = entry.parameters.get("properties", {})
    return found


def kind_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of what a parameter is if it is anything; empty if it may be of several kinds."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    found: Mapping[str, Any] = kinds[0] if len(kinds) == 1 else {}
    return found


def _check(field: str, text: str, schema: Mapping[str, Any]) -> None:
    """Refuse at once what the host would refuse after the job has waited; what is unknown here is let through."""
    kind = kind_of(schema)
    if not kind or (not text and "anyOf" in schema):
        return
    if kind.get("type") in ("integer", "number"):
        _check_number(field, text, kind)
    elif kind.get("type") == "boolean" and text.casefold() not in _BOOLEANS:
        raise Mistake(field, text, "mistake-neither")
    elif "enum" in kind and text not in kind["enum"]:
        raise Mistake(field, text, "mistake-no-choice", names=", ".join(kind["enum"]))


_BOOLEANS: Final = ("true", "false", "yes", "no", "on", "off", "1", "0", "t", "f", "y", "n")


def _check_number(field: str, text: str, kind: Mapping[str, Any]) -> None:
    least, most = kind.get("minimum", float("-inf")), kind.get("maximum", float("inf"))
    whole = kind["type"] == "integer"
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most or (whole and not number.is_integer()):
        key = "mistake-no-whole-from" if whole else "mistake-no-number-from"
        raise Mistake(field, text, key, least=str(least), most=str(most))
