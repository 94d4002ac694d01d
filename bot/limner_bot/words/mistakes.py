"""Mistakes in what somebody has asked for, said in their language; their text, for logs, is English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner_sdk import InvalidRequest
from limner_sdk.errors import quote

from .language import ENGLISH, Argument, Said, Words, words_in

_MOST_NAMES: Final = 12
#: What the SDK says of values and of names, by the kinds that it gives to what it finds.
_KINDS: Final = {
    "greater_than_equal": "mistake-too-small",
    "greater_than": "mistake-not-above",
    "less_than_equal": "mistake-too-large",
    "string_too_short": "mistake-empty",
    "string_too_long": "mistake-too-long",
    "finite_number": "mistake-not-finite",
    "extra_forbidden": "mistake-unknown-field",
    "int_parsing": "mistake-no-whole",
    "int_type": "mistake-no-whole",
    "int_from_float": "mistake-no-whole",
    "int_parsing_size": "mistake-no-whole",
    "float_parsing": "mistake-no-number",
    "float_type": "mistake-no-number",
    "bool_parsing": "mistake-neither",
    "bool_type": "mistake-neither",
    "missing": "mistake-missing",
    "literal_error": "mistake-not-one-of",
    "enum": "mistake-not-one-of",
    "unknown_name": "mistake-unknown-name",
    "ambiguous_name": "mistake-ambiguous-name",
    "too_large_here": "mistake-too-large-here",
}
#: Fields that no option of /imagine is called like.
_FIELDS: Final = {
    "width": "field-width",
    "height": "field-height",
    "picture": "field-picture",
    "region": "field-region",
    "strength": "field-strength",
    "factor": "field-factor",
    "words": "field-words",
    "language": "field-language",
    "styles": "c-imagine-style-name",
    "until": "c-ban-add-until-name",
}


class Mistake(InvalidRequest):
    """A field of a request is wrong; the remedy is the sentence called `key`."""

    def __init__(self, field: str, value: object, key: str, /, **args: Argument) -> None:
        self.said = Said(key, args)
        super().__init__(field, value, words_in(ENGLISH).say(self.said))


class Unfit(ValueError):
    """A mistake where pydantic wants a `ValueError`."""

    def __init__(self, mistake: InvalidRequest) -> None:
        super().__init__(mistake.remedy)
        self.mistake = mistake


def about(error: InvalidRequest, field: str, value: object) -> InvalidRequest:
    """The same mistake, told about another field and value."""
    if isinstance(error, Mistake):
        return Mistake(field, value, error.said.key, **error.said.args)
    return InvalidRequest(field, value, error.remedy, error.kind, error.facts)


def told(error: InvalidRequest, words: Words) -> str:
    """The mistake in a language; what stands in it is not harmless yet. What nobody has translated is English."""
    field, value = _field(error.field, words), _value(error.value, words)
    return words("mistake", field=field, value=value, remedy=_in(error, words))


def _in(error: InvalidRequest, words: Words) -> str:
    """What is wrong, and what helps."""
    inner = error.facts.get("error")
    if isinstance(error, Mistake):
        return words.say(error.said)
    if isinstance(inner, Unfit):
        return _in(inner.mistake, words)
    if error.kind not in _KINDS:
        return error.remedy
    return words(_KINDS[error.kind], **_args(error.facts))


def _args(facts: Mapping[str, object]) -> dict[str, Argument]:
    """Numbers as they are, as those of sentences get their thousands marked."""
    args: dict[str, Argument] = {key: str(value) for key, value in facts.items() if not isinstance(value, list)}
    names = facts.get("names")
    if isinstance(names, list):
        args |= {"names": ", ".join(map(str, names[:_MOST_NAMES])), "more": max(0, len(names) - _MOST_NAMES)}
        args["hinted"] = int(bool(facts.get("close")))
    return args


def _field(field: str, words: Words) -> str:
    """What a field is called: as the option, where the language has a word for it."""
    keys = (_FIELDS.get(field, ""), f"c-imagine-{field}-name")
    return next((words(key) for key in keys if key and words.has(key)), field)


def _value(value: object, words: Words) -> str:
    text = repr(value)
    return quote(value) if len(text) <= 60 else words("mistake-value", value=text[:40], count=str(len(str(value))))
