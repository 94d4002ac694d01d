"""Every error that Limner raises on purpose.

::

    LimnerError
    ├── UserError              somebody asked for something that cannot be done; one sentence, no traceback
    │   ├── InvalidRequest     a field of a request is wrong
    │   │   ├── UnknownName    nothing is called that
    │   │   └── AmbiguousName  several plugins offer that name
    │   ├── UnreadableImage    a picture cannot be opened, or carries no recipe
    │   ├── UnusableModel      a model's files are missing, damaged or of an unknown kind
    │   └── ConfigurationError a setting is missing or wrong
    ├── PluginError            a plugin is to blame; it is named
    │   ├── DefinitionError    a definition or its parameters break the SDK's rules
    │   └── StageFailed        a chosen stage raised while it ran
    ├── ResourceError          the machine has run out of something
    │   ├── OutOfMemory        of device or main memory
    │   └── DiskFull           of space for pictures or the database
    ├── Cancelled              the person no longer wants the picture
    ├── PictureWithheld        a guard does not let a picture be shown
    └── ContractError          a `limner_sdk.testing.check_*` found a broken promise
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError


class LimnerError(Exception):
    """The root of the tree; its text is one sentence on one line, fit for a person."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(" ".join(str(sentence).split()))


class UserError(LimnerError):
    """Somebody asked for something that cannot be done."""


class InvalidRequest(UserError):
    """A field of a request is wrong; the sentence names the field, the value and the remedy.

    For those who say the remedy in other words: its `kind`, where it has one, and the `facts` that stand in it.
    """

    def __init__(
        self, field: str, value: object, remedy: str, kind: str = "", facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{field}: {quote(value)} {remedy}")
        self.field, self.value, self.remedy = field, value, remedy
        self.kind, self.facts = kind, facts or {}


class UnknownName(InvalidRequest):
    """Nothing is called that."""


class AmbiguousName(InvalidRequest):
    """Several plugins offer that name."""


class UnreadableImage(UserError):
    """A picture cannot be opened, or carries no recipe."""


class UnusableModel(UserError):
    """A model's files are missing, damaged or of an unknown kind."""


class ConfigurationError(UserError):
    """A setting is missing or wrong."""


class PluginError(LimnerError):
    """A plugin is to blame; `plugin` names it."""

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(f"plugin {plugin}: {message}")
        self.plugin = plugin


class DefinitionError(PluginError):
    """A definition or its parameters break the SDK's rules."""

    def __init__(self, subject: str, reason: str, remedy: str) -> None:
        super().__init__(subject, f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


class StageFailed(PluginError):
    """A chosen stage raised while it ran; the original exception is the `__cause__`."""


class ResourceError(LimnerError):
    """The machine has run out of something."""


class OutOfMemory(ResourceError):
    """There is not enough device or main memory for this picture."""


class DiskFull(ResourceError):
    """There is no space left for pictures or the database."""


class Cancelled(LimnerError):
    """The person no longer wants the picture."""


class PictureWithheld(LimnerError):
    """A guard does not let a picture be shown. `reason` is for the log; the text, for everybody, says none of it."""

    def __init__(self, reason: str = "") -> None:
        super().__init__("this picture is withheld by the safety filter; ask for another one")
        self.reason = " ".join(str(reason).split())


class ContractError(LimnerError, AssertionError):
    """A `limner_sdk.testing.check_*` found a broken promise."""


def quote(value: object) -> str:
    """`value` as it should appear in a sentence: quoted if text, never longer than sixty characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(str(value))} characters)"


def explain(error: ValidationError, prefix: str = "") -> InvalidRequest:
    """The first finding of pydantic's `error` as one sentence about one field."""
    findings = error.errors(include_url=False)
    # Of a value that may be of several kinds, only one of them knows that it is no number.
    finding = next((each for each in findings if each["type"] == "finite_number"), findings[0])
    field = prefix + ".".join(str(part) for part in finding["loc"]) or "request"
    kind, facts = finding["type"], finding.get("ctx", {})
    return InvalidRequest(field, finding.get("input"), _remedy(kind, facts, finding["msg"]), kind, facts)


def _remedy(kind: str, context: dict[str, Any], message: str) -> str:
    match kind:
        case "greater_than_equal":
            return f"is too small; the least is {context['ge']}"
        case "greater_than":
            return f"is too small; it must be more than {context['gt']}"
        case "less_than_equal":
            return f"is too large; the most is {context['le']}"
        case "string_too_short":
            return "is empty; write something there"
        case "string_too_long":
            return f"is too long; the most is {context['max_length']} characters"
        case "literal_error" | "enum":
            return f"is not one of {context['expected']}"
        case "finite_number":
            return "is not a finite number; give an ordinary one"
        case "extra_forbidden":
            return "belongs to no known field; leave it out"
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return "is no whole number; write one, such as 20"
        case "float_parsing" | "float_type":
            return "is no number; write one, such as 0.5"
        case "bool_parsing" | "bool_type":
            return "is neither true nor false; write one of them"
        case "missing":
            return "is missing; give it"
        case "too_long":
            return f"are {context['actual_length']}; the most is {context['max_length']}"
        case "string_unicode" | "string_type":
            return "is no text; write one in UTF-8"
        case "value_error":
            return str(context["error"])
        case _:
            return f"is not accepted: {message[0].lower()}{message[1:]}"
