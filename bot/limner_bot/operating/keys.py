"""Every key of limner.toml, one after the other: for the reader, the example, the documentation and the check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from pydantic.fields import FieldInfo

from .sections import Configuration, Section

#: What stands for a secret.
HIDDEN: Final = "••••••••"


@dataclass(frozen=True)
class Key:
    """One key, such as ``silence`` of ``[worker]``; `must` completes "it …" when its value is wrong."""

    section: str
    name: str
    variable: str
    default: Any
    says: str
    must: str

    @property
    def is_secret(self) -> bool:
        """Whether its value is never shown."""
        return self.name == "token"


def section_of(name: str) -> type[Section]:
    """The class of a section."""
    found = Configuration.model_fields[name].annotation
    assert isinstance(found, type)
    assert issubclass(found, Section)
    return found


def _key(section: str, name: str, field: FieldInfo) -> Key:
    more = field.json_schema_extra
    assert isinstance(more, dict)
    return Key(section, name, str(more["variable"]), field.default, field.description or "", str(more["must"]))


KEYS: Final = tuple(
    _key(section, name, field)
    for section in Configuration.model_fields
    for name, field in section_of(section).model_fields.items()
)
BY_PLACE: Final = {(key.section, key.name): key for key in KEYS}


def written(value: Any) -> str:
    """A value as TOML writes it; JSON writes texts, numbers, truths and lists alike."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False, default=str)
