"""The control networks that lie in their folder, told apart without loading them."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open

from limner_sdk import FileEntry, UnknownName
from limner_sdk.catalogue import named

log = logging.getLogger(__name__)

#: What stands for a plugin's name in the ids of control networks.
OWNER: Final = "controls"
CONFIG: Final = "config.json"
WEIGHTS: Final = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
#: The width of the prompt that a network reads tells the families apart.
FAMILIES: Final = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
_READS_PROMPT: Final = ".attn2.to_k.weight"


@dataclass(frozen=True)
class ControlFile:
    """One control network on disk: a diffusers folder or a single `.safetensors` file."""

    path: Path

    @property
    def name(self) -> str:
        """What people call it: the folder's name, or the file's without its ending."""
        return self.path.name.removesuffix(".safetensors")

    @property
    def id(self) -> str:
        """The full id, ``controls:name``."""
        return f"{OWNER}:{self.name}"

    @property
    def label(self) -> str:
        """It has no other name."""
        return self.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """It has no other name."""
        return ()

    @property
    def weights(self) -> Path:
        """The file of its weights; full precision is preferred in a folder that has both."""
        if self.path.is_file():
            return self.path
        files = [self.path / name for name in WEIGHTS]
        return next((file for file in files if file.is_file()), files[0])

    @property
    def configs(self) -> Path | None:
        """The folder of its `config.json`, for a single file one of the same stem beside it; None without one."""
        folder = self.path.with_suffix("") if self.path.is_file() else self.path
        return folder if (folder / CONFIG).is_file() else None

    @property
    def family(self) -> str:
        """The family of models that it belongs to, as far as its files tell; empty if they do not."""
        width = _width_in_config(self.configs) if self.configs else width_in_file(self.path)
        return FAMILIES.get(width, "")

    @property
    def entry(self) -> FileEntry:
        """The network as the catalogue shows it."""
        return FileEntry(kind="control", name=self.name, family=self.family)


def controls_in(folder: Path) -> tuple[ControlFile, ...]:
    """The control networks of a folder in the order of their names; a config beside its file is none."""
    if not folder.is_dir():
        return ()
    return tuple(ControlFile(path) for path in sorted(folder.iterdir()) if _is_network(path))


def control_called(name: str, files: Sequence[ControlFile]) -> ControlFile:
    """The network that `name` means; no path is ever made of it. Raises `UnknownName` or `AmbiguousName`."""
    if not files:
        raise UnknownName("control", name, "is unknown; put control networks into the folder controls of the data")
    return named("control", name, files)


def _is_network(path: Path) -> bool:
    if not path.name.isprintable() or path.name.startswith("."):
        log.info("%r in the controls folder is not listed", path.name)
        return False
    if path.is_file():
        return path.suffix == ".safetensors"
    # A folder beside a single file of its name holds that file's config.
    return (path / CONFIG).is_file() and not path.with_name(f"{path.name}.safetensors").is_file()


def _width_in_config(folder: Path) -> int:
    try:
        width = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["cross_attention_dim"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.info("the config of the control network %s does not tell its family: %r", folder.name, error)
        return 0
    return width if isinstance(width, int) else 0


def width_in_file(file: Path) -> int:
    """The width of the prompt that a single file reads; 0 if the file does not tell, or cannot be read."""
    try:
        with safe_open(file, framework="numpy") as tensors:
            first = next((name for name in tensors.keys() if name.endswith(_READS_PROMPT)), None)
            return int(tensors.get_slice(first).get_shape()[1]) if first else 0
    except (SafetensorError, OSError, ValueError, IndexError) as error:
        log.info("the control network %s does not tell its family: %r", file.name, error)
        return 0
