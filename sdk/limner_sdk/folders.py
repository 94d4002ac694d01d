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

    @property
    def plugin_states(self) -> Path:
        """Which plugins are left out, and which have failed lately."""
        return self.root / "plugin-states.json"

    @property
    def loras(self) -> Path:
        """LoRA and LyCORIS files, each known by its stem."""
        return self.root / "loras"

    @property
    def embeddings(self) -> Path:
        """Textual inversion files, each known by its stem."""
        return self.root / "embeddings"

    @property
    def controls(self) -> Path:
        """Control networks: diffusers folders and single files."""
        return self.root / "controls"

    @property
    def upscalers(self) -> Path:
        """Weights of upscalers, each known by its stem."""
        return self.root / "upscalers"

    @property
    def detectors(self) -> Path:
        """Weights of detectors, each known by its stem."""
        return self.root / "detectors"

    @property
    def vaes(self) -> Path:
        """Autoencoders that pictures may ask for instead of their model's own, each known by its stem."""
        return self.root / "vaes"

    @property
    def safety(self) -> Path:
        """The picture classifier of the safety filter, a transformers folder."""
        return self.root / "safety"

    @property
    def trusted(self) -> Path:
        """A text file with the SHA-256 of each pickled weight file that the admin allows."""
        return self.root / "trusted-weights.txt"

    @property
    def converted(self) -> Path:
        """What was read out of allowed pickles, each named by the pickle's SHA-256."""
        return self.root / "converted"

    @property
    def scratch(self) -> Path:
        """What work that was cut short has kept, to go on from."""
        return self.root / "scratch"

    @property
    def wildcards(self) -> Path:
        """Text files with a choice per line, known by their path without ``.txt``."""
        return self.root / "wildcards"

    @property
    def styles(self) -> Path:
        """A CSV file of named styles: name, prompt, negative prompt."""
        return self.root / "styles.csv"

    @property
    def inputs(self) -> Path:
        """Pictures and masks that recipes start from, each named by its SHA-256."""
        return self.root / "inputs"

    def create(self) -> Self:
        """Make the folders, readable by this user only. Raises `OSError`."""
        parts = self.upscalers, self.detectors, self.vaes
        weights = self.models, self.loras, self.embeddings, self.controls, *parts
        for folder in (self.root, self.pictures, self.plugins, self.wildcards, self.inputs, *weights):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self
