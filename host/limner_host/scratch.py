"""Keeps what long work has finished so far, so that the very same work can go on after it was cut short."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from limner_sdk import Recipe
from limner_sdk.redrawing import checked_key

#: Nobody comes back to work that was cut short so many seconds ago.
OLDEST: Final = 7 * 24 * 3600
_PIXELS, _SUM = "pixels", "crc32"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scratch:
    """The pictures of one piece of work by key, in a folder below `root`; `work` gives its name when it is needed."""

    root: Path
    work: Callable[[], str]

    @staticmethod
    def work_of(recipe: Recipe, number: int, image: Image.Image) -> str:
        """The name of what post-processor `number` of a recipe makes of `image`; no other work has it."""
        # The model's digest is only known once it is loaded, and the work begins before.
        told = recipe.model_dump_json(exclude={"software": True, "model": {"digest"}})
        return hashlib.sha256(f"{number} {image.size} {told}".encode() + image.tobytes()).hexdigest()

    @cached_property
    def folder(self) -> Path:
        """Where its pictures lie."""
        return self.root / self.work()

    def recall(self, key: str) -> Image.Image | None:
        """The picture that was kept under `key`, if it is whole."""
        file = self._file(key)
        if not file.is_file():
            return None
        try:
            return _read(file)
        except (SafetensorError, OSError, LookupError, ValueError) as error:
            log.warning("what was kept of a job is damaged and is made anew: %s", error)
            return None

    def keep(self, key: str, image: Image.Image) -> None:
        """Keep a picture; a full disk keeps nothing, which costs no more than time."""
        file = self._file(key)
        part = file.with_suffix(".part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Neither packed nor synced, which takes a tenth of the time of a PNG; the checksum tells a torn file.
            levels = np.asarray(image.convert("RGB"))
            save_file({_PIXELS: levels}, part, metadata={_SUM: str(zlib.crc32(levels.tobytes()))})
            part.replace(file)
        except (OSError, SafetensorError) as error:
            log.warning("nothing is kept of a job: %s", error)
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def clear(self) -> None:
        """The work is done."""
        if self.root.is_dir():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{checked_key(key)}.safetensors"


def _read(file: Path) -> Image.Image:
    """A kept picture. Raises `ValueError` for one whose checksum is another, and what safetensors raises."""
    with safe_open(file, framework="numpy") as kept:
        levels, told = kept.get_tensor(_PIXELS), kept.metadata()[_SUM]
    if str(zlib.crc32(levels.tobytes())) != told:
        raise ValueError(f"the checksum of {file.name} is another")
    return Image.fromarray(levels)


def forget_old(root: Path) -> None:
    """Throw away what nobody has come back to."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > OLDEST:
            shutil.rmtree(folder, ignore_errors=True)
