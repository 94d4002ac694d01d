"""The classifier's folder, looked at with distrust before anything in it is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

from limner_sdk import UnusableModel

#: Names, sizes and times of change: whether the files are still those that were loaded.
Stamp: TypeAlias = tuple[tuple[str, int, int], ...]

_MOST_BYTES: Final = 2**20
#: Where transformers looks for settings, each of which may name code that is to be run.
_SETTINGS: Final = ("config.json", "preprocessor_config.json", "processor_config.json")
#: What makes transformers or diffusers run somebody's code.
_CODE: Final = ("auto_map", "custom_pipeline", "custom_pipelines", "trust_remote_code")
_REMEDY: Final = "put a picture classifier for transformers there, with safetensors, or set no LIMNER_SAFETY"


def stamp(folder: Path) -> Stamp:
    """What lies in the folder now. Raises `UnusableModel` if there is none."""
    try:
        files = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError as error:
        raise UnusableModel(f"the safety filter has no folder {folder} ({error.strerror}); {_REMEDY}") from None
    return tuple((name, file.st_size, file.st_mtime_ns) for name, file in files)


def checked_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a folder that asks for no code and brings safetensors. Raises `UnusableModel`."""
    for name in _SETTINGS:
        found = sorted(set(_CODE) & _keys(_read(folder / name))) if (folder / name).is_file() else []
        if found:
            raise UnusableModel(f"the safety filter's {name} asks for code by {found[0]!r}; {_REMEDY}")
    if (folder / "adapter_config.json").exists():
        raise UnusableModel(f"the safety filter's folder holds an adapter, not a whole classifier; {_REMEDY}")
    if not any(folder.glob("*.safetensors")):
        raise UnusableModel(f"the safety filter's folder {folder} holds no safetensors; {_REMEDY}")
    return _read(folder / "config.json")


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            text = stream.read(_MOST_BYTES + 1)
        settings = json.loads(text) if len(text) <= _MOST_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "it is no JSON"
        raise UnusableModel(f"the safety filter's {file.name} cannot be read ({reason}); {_REMEDY}") from None
    if not isinstance(settings, dict):
        raise UnusableModel(f"the safety filter's {file.name} holds no settings; {_REMEDY}")
    return settings


def _keys(value: Any) -> set[str]:
    """All names in it, however deep."""
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()
