"""Disks that are full or cannot be written to, as small file systems of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

CHUNK = 4096


@dataclass(frozen=True)
class SmallDisk:
    """A mounted file system of a few megabytes."""

    root: Path

    @property
    def filler(self) -> Path:
        """The file that takes all the room."""
        return self.root / "filler"

    def fill(self, spare: int = 0) -> None:
        """Leave room for so many chunks."""
        with self.filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * CHUNK)
        os.truncate(self.filler, max(0, self.filler.stat().st_size - spare * CHUNK))

    def lock(self) -> None:
        """Allow no more writing; nobody may have a file open for it."""
        subprocess.run(["mount", "-o", "remount,ro", self.root], check=True)

    def free(self) -> None:
        """Give the room back."""
        self.filler.unlink()


@contextmanager
def small_disk(root: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one at `root`; the test is skipped where this user may not."""
    root.mkdir(parents=True, mode=0o700)
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    options = f"size={megabytes}m,mode=700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "limner-test", root], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.decode()}")
    try:
        yield SmallDisk(root)
    finally:
        subprocess.run(["umount", "-l", root], check=True)
