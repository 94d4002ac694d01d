"""Keeps what long work has finished so far, so that the very same work can go on after it was cut short."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from PIL import Image

from limner_sdk import Recipe, UnreadableImage

from .pictures import read_rgb

#: Nobody comes back to work that was cut short so many seconds ago.
OLDEST: Final = 7 * 24 * 3600
_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scratch:
    """The pictures of one piece of work by key, in a folder below `root`; `work` gives its name when it is needed."""

    root: Path
    work: Callable[[], str]

    @staticmethod
    def work_of(recipe: Recipe, number: int, image: Image.Image) -> str:
        """The name of what post-processor `number` of a recipe makes of `image`; no other work has it."""
        told = recipe.model_dump_json(exclude={"software"})
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
            return read_rgb(file)
        except UnreadableImage as error:
            log.warning("what was kept of a job is damaged and is made anew: %s", error)
            return None

    def keep(self, key: str, image: Image.Image) -> None:
        """Keep a picture; a full disk keeps nothing, which costs no more than time."""
        file = self._file(key)
        part = file.with_suffix(".part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Neither packed nor synced: it costs hardly a millisecond, and PNG's checksums tell a torn file.
            image.save(part, "PNG", compress_level=0)
            part.replace(file)
        except OSError as error:
            log.warning("nothing is kept of a job: %s", error)

    def clear(self) -> None:
        """The work is done."""
        if self.root.is_dir():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key; use letters, digits, _ . and -, 100 at most")
        return self.folder / f"{key}.png"


def forget_old(root: Path) -> None:
    """Throw away what nobody has come back to."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > OLDEST:
            shutil.rmtree(folder, ignore_errors=True)
