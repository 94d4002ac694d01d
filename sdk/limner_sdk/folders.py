"""Where Limner keeps things: one data folder, shared by the bot and its hosts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs

VARIABLE = "LIMNER_DATA_DIR"


@dataclass(frozen=True)
class DataFolder:
    """The data folder and what lies in it."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The folder that `LIMNER_DATA_DIR` names, else the user's own data folder for Limner."""
        named = environment.get(VARIABLE)
        return cls(Path(named).expanduser().absolute() if named else platformdirs.user_data_path("limner"))

    @property
    def database(self) -> Path:
        """The bot's SQLite file."""
        return self.root / "limner.sqlite3"

    @property
    def pictures(self) -> Path:
        """One folder per job, with its PNG files."""
        return self.root / "pictures"

    @property
    def models(self) -> Path:
        """Diffusers folders and single-file checkpoints."""
        return self.root / "models"

    @property
    def plugins(self) -> Path:
        """Plugins that are single `.py` files."""
        return self.root / "plugins"

    def create(self) -> Self:
        """Make the folders, readable by this user only. Raises `OSError`."""
        for folder in (self.root, self.pictures, self.models, self.plugins):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self
