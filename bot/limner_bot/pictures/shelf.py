"""The pictures' files: one folder per job. Everything here blocks and belongs into a thread."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_sdk.messages import Result

log = logging.getLogger(__name__)

#: How a file is called, up to its ending, that somebody has uploaded for a job; and the mask that goes with it.
UPLOAD: Final = "upload"
MASK: Final = "mask"


class DamagedResult(Exception):
    """The host has announced files that are not there."""


@dataclass(frozen=True)
class Shelf:
    """The folder of all jobs' folders."""

    root: Path

    def prepare(self, job: str, *, goes_on: bool = False) -> Path:
        """A folder for a job, with nothing in it but what was uploaded for it, and what there is already of a job that
        `goes_on` where it was cut short. Raises `OSError`."""
        folder = self.root / job
        if not goes_on:
            self.empty(job)
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        return folder

    def empty(self, job: str) -> None:
        """Remove all of a job but what was uploaded for it, which another attempt needs. Raises `OSError`."""
        folder = self.root / job
        for path in folder.glob("*"):
            if path.stem not in (UPLOAD, MASK):
                _remove(path)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def keep(self, job: str, data: bytes, ending: str, name: str = UPLOAD) -> Path:
        """Keep what somebody has uploaded for a job, safely on the disk; where it lies. Raises `OSError`."""
        folder = self.prepare(job)
        path = folder / f"{name}{ending}"
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)
        _sync(self.root)
        return path

    def path(self, job: str, file: str) -> Path:
        """Where a file lies. Raises `DamagedResult` for what is no plain name."""
        return self.root / job / _simple(file)

    def read(self, job: str, file: str) -> bytes:
        """The bytes of a file. Raises `OSError`."""
        return self.path(job, file).read_bytes()

    def settle(self, job: str, result: Result) -> None:
        """Check a result's files and force them onto the disk. Raises `DamagedResult` or `OSError`."""
        folder = self.root / job
        digests = {picture.file: picture.digest for picture in result.pictures}
        if not digests:
            raise DamagedResult("there is no picture in it")
        for name in {*digests, result.grid}:
            _settle_file(folder / _simple(name), digests.get(name))
        _sync(folder)
        _sync(self.root)

    def strays(self, jobs: Collection[str]) -> list[str]:
        """Folders of uploads that belong to none of these jobs.

        Those with results stay: after an older backup was restored, nobody knows whose they are.
        """
        folders = (path for path in self.root.glob("*") if path.is_dir() and path.name not in jobs)
        return [folder.name for folder in folders if all(path.stem in (UPLOAD, MASK) for path in folder.iterdir())]

    def clear(self, unfinished: Iterable[str], finished: Mapping[str, Collection[str]]) -> int:
        """Remove folders of jobs without pictures, and what does not belong into the others; how much it was."""
        removed = 0
        for job in unfinished:
            removed += (folder := self.root / job).exists()
            shutil.rmtree(folder, ignore_errors=True)
        for job, files in finished.items():
            for path in (self.root / job).glob("*"):
                if path.name not in files and path.is_file():
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed


def _simple(name: str) -> str:
    if not name or name != Path(name).name or name in (".", ".."):
        raise DamagedResult(f"{name!r} is no plain file name")
    return name


def _settle_file(path: Path, digest: str | None) -> None:
    try:
        with path.open("rb+") as file:
            found = hashlib.sha256(file.read()).hexdigest()
            os.fsync(file.fileno())
    except FileNotFoundError:
        raise DamagedResult(f"{path.name} is missing") from None
    if digest is not None and found != digest:
        raise DamagedResult(f"{path.name} is not what was announced")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
