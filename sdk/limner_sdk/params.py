"""A definition's parameters: one frozen flat model that the CLI, Discord, docs and validation share."""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from .errors import DefinitionError, explain

#: What a parameter's value may be once it has left its model.
Scalar: TypeAlias = bool | int | float | str | None

MOST_FIELDS = 50
MOST_CHOICES = 25
LONGEST_HELP = 100
LARGEST_INTEGER = 2**53
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def param(
    default: Any,
    help: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    max_length: int | None = None,
) -> Any:
    """A field of a `Params`: its default, one line of help, and its bounds, both of which are included."""
    return Field(default, description=help, ge=ge, le=le, max_length=max_length)


class Params(BaseModel):
    """The base of every parameter model.

    Fields are `bool`, `int`, `float`, `str`, a `Literal` of texts or an `Enum` of texts, each also `| None`; each has
    a default and one line of help, and each number has bounds. Anything that the command line or Discord could not
    express raises `DefinitionError` when the class is made.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_enum_values=True, validate_default=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if len(cls.model_fields) > MOST_FIELDS:
            raise DefinitionError(
                cls.__name__, f"has {len(cls.model_fields)} fields", f"keep it to {MOST_FIELDS}, two Discord menus"
            )
        for name, field in cls.model_fields.items():
            _check_field(f"{cls.__name__}.{name}", name, field)
        _check_defaults(cls)

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any, info: ValidationInfo) -> Any:
        """An empty text leaves open what may be left open: forms and flags have no other way to say so."""
        field = cls.model_fields.get(str(info.field_name))
        optional = field is not None and without_none(field.annotation) is not field.annotation
        return None if optional and isinstance(value, str) and not value.strip() else value

    @classmethod
    def parse(cls, values: Mapping[str, Scalar], prefix: str = "") -> Self:
        """Build the model from loose values; texts such as ``"0.5"`` are understood.

        Raises `InvalidRequest` that names the field behind `prefix`, the value and the remedy.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise explain(error, prefix) from None


def _check_field(path: str, name: str, field: FieldInfo) -> None:
    if not _NAME.fullmatch(name):
        raise DefinitionError(path, "is not a usable name", "use lower-case letters, digits and _, 32 at most")
    if field.is_required():
        raise DefinitionError(path, "has no default", "write `= param(default, help)`")
    if not field.description or "\n" in field.description or len(field.description) > LONGEST_HELP:
        raise DefinitionError(path, "lacks a usable help", f"write one line of at most {LONGEST_HELP} characters")
    _check_kind(path, without_none(field.annotation), field)


def without_none(annotation: Any) -> Any:
    """`X` for `X | None`; any other annotation as it is."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def choices_of(kind: Any) -> tuple[str, ...] | None:
    """The texts that a `Literal` or an `Enum` allows; None for any other kind."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return tuple(member.value for member in kind)
    return None


def bounds_of(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and the most value of a number, None where it is open."""
    least = next((m.ge for m in field.metadata if getattr(m, "ge", None) is not None), None)
    most = next((m.le for m in field.metadata if getattr(m, "le", None) is not None), None)
    return least, most


def _check_kind(path: str, kind: Any, field: FieldInfo) -> None:
    choices = choices_of(kind)
    if choices is not None:
        _check_choices(path, choices)
    elif kind in (int, float):
        _check_bounds(path, *bounds_of(field))
    elif kind not in (bool, str):
        raise DefinitionError(path, f"is a {kind}", "use bool, int, float, str, a Literal or an Enum of texts")


def _check_choices(path: str, choices: tuple[Any, ...]) -> None:
    if not all(isinstance(choice, str) and 1 <= len(choice) <= 100 for choice in choices):
        raise DefinitionError(path, "has choices that are not short texts", "use texts of 1 to 100 characters")
    if len(choices) > MOST_CHOICES:
        raise DefinitionError(path, f"has {len(choices)} choices", f"offer at most {MOST_CHOICES}, Discord's limit")


def _check_bounds(path: str, least: float | None, most: float | None) -> None:
    if least is None or most is None:
        raise DefinitionError(path, "is a number without bounds", "write `ge=` and `le=`")
    if least > most or max(abs(least), abs(most)) > LARGEST_INTEGER:
        raise DefinitionError(path, f"has the bounds {least} … {most}", "order them, and stay within ±2^53")


def _check_defaults(cls: type[Params]) -> None:
    try:
        cls()
    except ValidationError as error:
        finding = explain(error)
        raise DefinitionError(
            f"{cls.__name__}.{finding.field}", f"has the default {finding.value!r}, which {finding.remedy}", "mend it"
        ) from None


class NoParams(Params):
    """For definitions that have nothing to set."""
