"""Reads what the operator has set: the environment first, then limner.toml, then defaults; all mistakes at once."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import ValidationError
from pydantic_settings import InitSettingsSource, PydanticBaseSettingsSource

from limner_sdk import ConfigurationError
from limner_sdk.folders import VARIABLE as DATA_DIR
from limner_sdk.folders import DataFolder

from .keys import BY_PLACE, HIDDEN, KEYS, Key, written
from .sections import Configuration

VARIABLE: Final = "LIMNER_CONFIG"
FILE_NAME: Final = "limner.toml"
DEFAULT: Final = "default"

Data: TypeAlias = dict[str, Any]


class Misconfigured(ConfigurationError):
    """Settings are wrong; `problems` has a sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Given:
    """What was found, before it is checked: by the environment, and in `file`, if there is one."""

    environment: Mapping[str, str] = field(repr=False)
    file: Path | None
    by_environment: Data = field(repr=False)
    by_file: Data = field(repr=False)

    def origin(self, key: Key) -> str:
        """Where a value comes from: a variable, a file, or the default."""
        if key.name in self.by_environment.get(key.section, {}):
            return key.variable
        section = self.by_file.get(key.section)
        return str(self.file) if isinstance(section, dict) and key.name in section else DEFAULT


def gather(file: Path | None, environment: Mapping[str, str]) -> Given:
    """Look where settings stand: in `file`, else where `LIMNER_CONFIG` says, else in the data folder.

    Raises `Misconfigured` for a file that cannot be read.
    """
    path = _find(file, environment)
    return Given(environment, path, _by_environment(environment), _read(path) if path else {})


def _find(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = file or (Path(environment[VARIABLE]) if environment.get(VARIABLE) else None)
    if named is not None:
        return Path(os.path.expanduser(named)).absolute()
    own = DataFolder.from_environment(environment).root / FILE_NAME
    return own if own.is_file() else None


def _by_environment(environment: Mapping[str, str]) -> Data:
    found: Data = {}
    for key in KEYS:
        if (text := environment.get(key.variable, "").strip()) != "":
            found.setdefault(key.section, {})[key.name] = text
    return found


def _read(path: Path) -> Data:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured([f"{path}: cannot be read: {error.strerror or error}"]) from None
    except ValueError as error:
        # TOML and UTF-8 alike.
        raise Misconfigured([f"{path}: is no TOML: {error}"]) from None


def check(given: Given) -> tuple[Configuration, list[str]]:
    """The settings and what is wrong with them; what is wrong is at its default, so that the rest can be checked."""
    problems = [*_strangers(given)]
    by_file, by_environment = _known(given.by_file), given.by_environment
    try:
        return _merged(by_environment, by_file), problems
    except ValidationError as error:
        places = [(str(e["loc"][0]), str(e["loc"][1]) if len(e["loc"]) > 1 else "") for e in error.errors()]
        problems += [_sentence(given, place, dict(e)) for place, e in zip(places, error.errors(), strict=True)]
        return _merged(_without(by_environment, places), _without(by_file, places)), problems


def _merged(by_environment: Data, by_file: Data) -> Configuration:
    class Sourced(Configuration):
        @classmethod
        def settings_customise_sources(cls, *_: Any, **__: Any) -> tuple[PydanticBaseSettingsSource, ...]:
            return InitSettingsSource(cls, by_environment), InitSettingsSource(cls, by_file)

    return Sourced()


def _known(data: Data) -> Data:
    """Only what has a name here; the rest is told by `_strangers`."""
    sections = {name: part for name, part in data.items() if isinstance(part, dict)}
    return {
        name: {key: value for key, value in part.items() if (name, key) in BY_PLACE}
        for name, part in sections.items()
        if name in Configuration.model_fields
    }


def _without(data: Data, places: Sequence[tuple[str, str]]) -> Data:
    left = deepcopy(data)
    for section, key in places:
        if key:
            left.get(section, {}).pop(key, None)
        else:
            left.pop(section, None)
    return left


def _strangers(given: Given) -> Iterator[str]:
    """A sentence for each section and key of the file that does not exist."""
    for section, part in given.by_file.items():
        if section not in Configuration.model_fields:
            yield _no_section(given.file, section, part)
        elif not isinstance(part, dict):
            yield f"{given.file}: {section} is a section; write [{section}], and its keys in the lines below"
        else:
            yield from (
                f"{given.file}: [{section}] has no key {key!r}{_meant(key, _names(section))}"
                for key in part
                if (section, key) not in BY_PLACE
            )


def _no_section(file: Path | None, section: str, part: Any) -> str:
    owners = [key.section for key in KEYS if key.name == section]
    if owners and not isinstance(part, dict):
        return f"{file}: {section!r} stands in no section; write it below [{owners[0]}]"
    return f"{file}: there is no section [{section}]{_meant(section, list(Configuration.model_fields))}"


def _names(section: str) -> list[str]:
    return [key.name for key in KEYS if key.section == section]


def _meant(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is {', '.join(known)}"


def _sentence(given: Given, place: tuple[str, str], error: Data) -> str:
    own = str(error["ctx"]["error"]) if error["type"] == "value_error" else ""
    key = BY_PLACE.get(place)
    if key is None:
        return f"{given.file or 'environment'}: {own}"
    must = own or key.must
    where = given.origin(key)
    name = where if where == key.variable else f"{where}: [{key.section}] {key.name}"
    part = given.by_environment if where == key.variable else given.by_file
    wrong = part[key.section][key.name]
    value = HIDDEN if key.is_secret else repr(wrong) if isinstance(wrong, str) else written(wrong)
    return f"{name} is {value}; it {must}" if not own or own.startswith("must") else f"{name}: {own}"


def data_folder(given: Given, configuration: Configuration) -> DataFolder:
    """The data folder that is set. Raises `ConfigurationError` if the file in one names another."""
    named = configuration.bot.data_dir
    if not named or given.origin(BY_PLACE["bot", "data_dir"]) == DATA_DIR:
        return DataFolder.from_environment(given.environment)
    root = beside(given, named)
    standard = DataFolder.from_environment(given.environment).root
    if given.file == standard / FILE_NAME and root != standard:
        raise ConfigurationError(
            f"{given.file}: [bot] data_dir is {named!r}, but this file lies in the data folder itself; "
            f"put it elsewhere and name it by --config or {VARIABLE}"
        )
    return DataFolder(root)


def beside(given: Given, path: str) -> Path:
    """A path as the file means it: relative ones begin at the file's folder."""
    folder = given.file.parent if given.file else Path.cwd()
    return (folder / os.path.expanduser(path)).absolute()


def barrier(folder: Path) -> str:
    """Why this folder cannot be made or written to; "" if nothing speaks against it. It is not made."""
    place = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not place.is_dir():
        return f"{place} is no folder"
    return "" if os.access(place, os.W_OK | os.X_OK) else f"nothing can be written to {place}"


def warnings(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables that are nearly ours; those of plugins and of the host are none of our business."""
    known = [key.variable for key in KEYS] + [VARIABLE]
    found = []
    for name in environment:
        if name.startswith("LIMNER_") and name not in known and not name.startswith("LIMNER_HOST_"):
            close = difflib.get_close_matches(name, known, 1, cutoff=0.85)
            found += [f"{name} means nothing here; did you mean {close[0]}?"] if close else []
    return found
