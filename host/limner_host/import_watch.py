"""Remembers which plugin is being imported: one that takes the process with it is known at the next start."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from limner_sdk.folders import DataFolder
from limner_sdk.plugin_states import count_failure

from .discovery import BUNDLED_ORIGIN, Source

log = logging.getLogger(__name__)

_MARK: Final = ".importing-"
_SENTENCE: Final = "the process ended while it was imported"


@dataclass(frozen=True)
class ImportWatch:
    """Marks in the data folder, one for each process that is importing a plugin."""

    data: DataFolder

    @contextmanager
    def importing(self, source: Source) -> Iterator[None]:
        """A mark as long as a stranger's plugin is imported; what comes with Limner is trusted."""
        if source.origin == BUNDLED_ORIGIN or not self.data.root.is_dir():
            yield
            return
        mark = self.data.root / f"{_MARK}{os.getpid()}"
        _write(mark, source.name)
        try:
            yield
        finally:
            _remove(mark)

    def blame_the_dead(self) -> None:
        """Count a failure for each plugin that was being imported when its process ended."""
        for mark in self.data.root.glob(f"{_MARK}*"):
            if psutil.pid_exists(int(mark.name.removeprefix(_MARK))):
                continue
            name = mark.read_text(encoding="utf-8")
            log.warning("plugin %s: %s", name, _SENTENCE)
            if name and count_failure(self.data, name, _SENTENCE):
                log.error("plugin %s is in quarantine; `limner plugins` tells why", name)
            _remove(mark)


def _write(mark: Path, name: str) -> None:
    try:
        mark.write_text(name, encoding="utf-8")
    except OSError as error:
        # The plugin can be imported all the same.
        log.warning("nobody will know if importing plugin %s ends this process: %s", name, error)


def _remove(mark: Path) -> None:
    try:
        mark.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", mark, error)
