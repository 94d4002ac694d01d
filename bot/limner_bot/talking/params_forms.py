"""Forms made from a definition's parameters, as its JSON schema tells of them, and what somebody wrote into one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from limner_bot.asking.completing import names_for, working
from limner_bot.asking.finishing import OPTION, checked, kind_of, parameters_of, schemas
from limner_bot.words import Mistake, Words
from limner_bot.words.mistakes import about
from limner_sdk import Catalogue, Choice, InvalidRequest, StageEntry
from limner_sdk.catalogue import named

from .forms import LONGEST_HELP, LONGEST_TEXT, MOST_FIELDS, MOST_OPTIONS, Field

#: The fields that are no parameters; no parameter's name begins like that.
PICTURE, OTHERS = "_picture", "_others"
ALL: Final = "all"
#: What most people come for.
_FIRST: Final = ("denoise", "scale", "strength", "prompt", "detector", "upscaler")
_LONG: Final = 500
_LONGEST_VALUE: Final = 100
_COMMA: Final = re.compile(r"[+-]?\d*,\d+")
#: A line of its own that sets a parameter needs no semicolon before it.
_NEW_LINE: Final = re.compile(r"\s*\n(?=\s*[A-Za-z][\w-]*\s*=)")


def fields_of(
    words: Words, entry: StageEntry, catalogue: Catalogue, given: Mapping[str, str], pictures: int = 1
) -> list[Field]:
    """At most five fields: which of several `pictures`, the most useful parameters, and one for all others.

    `given` is what stands in them at first, by key; what it does not name has its default.
    """
    which = [_which(words, pictures, given.get(PICTURE, "1"))] if pictures > 1 else []
    shown, others = _split(entry, MOST_FIELDS - len(which))
    fields = [_field(words, key, schemas(entry)[key], catalogue, given.get(key)) for key in shown]
    return [*which, *fields, *([_others(words, others, given.get(OTHERS, ""))] if others else [])]


def given_of(entry: StageEntry, choice: Choice, pictures: int = 1) -> dict[str, str]:
    """What stands in a form for something that was chosen before."""
    shown, _ = _split(entry, MOST_FIELDS - (pictures > 1))
    texts = {key: _text(value) for key, value in choice.params.items()}
    rest = "; ".join(f"{key}={text}" for key, text in texts.items() if key not in shown)
    return {key: text for key, text in texts.items() if key in shown} | ({OTHERS: rest} if rest else {})


def read(entered: Mapping[str, str], entry: StageEntry, catalogue: Catalogue) -> Choice:
    """The definition by full id with all that was written and is not its default.

    Raises `InvalidRequest` with one clear sentence.
    """
    known = schemas(entry)
    said = {key: text.strip() for key, text in entered.items() if key in known and text.strip()}
    said |= parameters_of(_NEW_LINE.sub("; ", entered.get(OTHERS, "").strip()), OPTION)
    said = {key: _pointed(text, known.get(key, {})) for key, text in said.items()}
    changed = {key: text for key, text in said.items() if key not in known or text != _default(known[key])}
    choice = checked(Choice(name=entry.id, params=dict(changed)), (entry,))
    for key, text in changed.items():
        _check_name(key, text, entry, catalogue)
    return choice


def _pointed(text: str, schema: Mapping[str, Any]) -> str:
    """A number with the comma that many languages write in it, as a number; any other text as it is."""
    if kind_of(schema).get("type") not in ("integer", "number") or not _COMMA.fullmatch(text):
        return text
    return text.replace(",", ".")


def pictures_of(entered: Mapping[str, str], count: int) -> Sequence[int]:
    """The places, from 1, of the pictures that were chosen. Raises `InvalidRequest`."""
    text = entered.get(PICTURE, "1")
    if text == ALL:
        return range(1, count + 1)
    if not text.isdecimal() or not 1 <= int(text) <= count:
        raise Mistake("picture", text, "mistake-no-such-picture", count=str(count))
    return (int(text),)


def _split(entry: StageEntry, room: int) -> tuple[list[str], list[str]]:
    """The parameters that have a field of their own, most useful first, and the others."""
    known = schemas(entry)
    ranked = sorted(known, key=lambda key: (key not in _FIRST, "enum" not in kind_of(known[key])))
    if len(ranked) <= room:
        return ranked, []
    return ranked[: room - 1], [key for key in known if key not in ranked[: room - 1]]


def _which(words: Words, pictures: int, chosen: str) -> Field:
    options = [(words("more-picture", number=number), str(number)) for number in range(1, pictures + 1)]
    options.append((words("more-all"), ALL))
    return Field(PICTURE, words("more-which"), "choice", default=chosen, options=options, required=True)


def _others(words: Words, names: Sequence[str], text: str) -> Field:
    """Names that have no room in the help stand in the field itself."""
    told = [words("more-others-help", names=", ".join(names[:count])) for count in range(1, len(names) + 1)]
    room = max(1, sum(len(help_text) <= LONGEST_HELP for help_text in told))
    rest = ", ".join(names[room:])
    return Field(OTHERS, words("more-others"), "paragraph", told[room - 1], text, hint=f"{rest and '…, '}{rest}")


def _field(words: Words, key: str, schema: Mapping[str, Any], catalogue: Catalogue, given: str | None) -> Field:
    text, title = _default(schema) if given is None else given, key.replace("_", " ").capitalize()
    told = " ".join(filter(None, (str(schema.get("description", "")), *_bounds(words, schema))))
    options = _options(key, schema, catalogue, text)
    if options:
        return Field(key, title, "choice", told, text, options)
    if kind_of(schema).get("type") == "boolean" and "anyOf" not in schema:
        return Field(key, title, "switch", told, text)
    most = min(int(kind_of(schema).get("maxLength", LONGEST_TEXT)), LONGEST_TEXT)
    is_long = kind_of(schema).get("type") == "string" and most > _LONG
    return Field(key, title, "paragraph" if is_long else "line", told, text, most=most)


def _options(key: str, schema: Mapping[str, Any], catalogue: Catalogue, text: str) -> list[tuple[str, str]]:
    """Labels and values, that which stands there among them; none if nobody can list them, or they are too many."""
    kind = kind_of(schema)
    found = [(str(value), str(value)) for value in kind.get("enum", ())]
    if kind.get("type") == "boolean" and "anyOf" in schema:
        found = [("true", "true"), ("false", "false")]
    found = found or list(names_for(key, schema, catalogue))
    if found and text and text not in (value for _, value in found):
        found.insert(0, (text, text))
    once = {value: label for label, value in reversed(found)}
    fits = len(once) <= MOST_OPTIONS and all(value.strip() and len(value) <= _LONGEST_VALUE for value in once)
    return [(label, value) for value, label in reversed(once.items())] if fits else []


def _bounds(words: Words, schema: Mapping[str, Any]) -> Iterator[str]:
    kind = kind_of(schema)
    if "minimum" in kind and "maximum" in kind:
        yield words("more-range", least=f"{kind['minimum']:g}", most=f"{kind['maximum']:g}")
    if kind.get("type") in ("integer", "number") and (usual := _default(schema)):
        yield words("more-usual", value=usual)


def _default(schema: Mapping[str, Any]) -> str:
    return _text(schema.get("default"))


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _check_name(key: str, text: str, entry: StageEntry, catalogue: Catalogue) -> None:
    """Refuse at once the name of a detector or of anything else that is not there: the job would wait and fail."""
    listed = list(names_for(key, schemas(entry)[key], catalogue))
    if not listed or text in (value for _, value in listed):
        return
    kind = key.rpartition("_")[2]
    field = f"{OPTION}.{entry.name}.{key}"
    try:
        if kind == "sampler":
            catalogue.sampler(text)
        elif kind == "model":
            catalogue.model(text)
        else:
            named(kind, text, working(catalogue, kind))
    except InvalidRequest as error:
        raise about(error, field, text) from None
