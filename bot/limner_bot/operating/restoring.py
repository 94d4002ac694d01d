"""Puts a backup in the database's place; what was there is moved aside, never removed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limner_bot.queue.schema import MIGRATIONS
from limner_sdk import ConfigurationError
from limner_sdk.folders import DataFolder

from .backups import DATABASE, PICTURES, BackupFailed, damage, read_only, sync_file, sync_folder
from .integrity import MARKER

_PARTS: Final = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Restored:
    """What was done: where the former database lies, if there was one, and how many pictures came back."""

    aside: Path | None
    pictures: int


def restore(backup: Path, data: DataFolder, name: str) -> Restored:
    """Put `backup`, a file or a folder of `make_full_backup`, into the data folder. Blocks.

    The former database, and what belongs to it, goes into the folder `name` beside it. Whoever calls holds the data
    folder, so that no bot runs. Raises `ConfigurationError` for a wrong path, `BackupFailed` for a damaged copy.
    """
    source = backup / DATABASE if backup.is_dir() else backup
    _check(source)
    data.create()
    part = data.database.with_name(f".{data.database.name}.{os.getpid()}.part")
    try:
        _copy(source, part)
        aside = _move_aside(data, data.root / name)
        part.replace(data.database)
        (data.root / MARKER).unlink(missing_ok=True)
        sync_folder(data.root)
    except OSError as error:
        raise BackupFailed(f"{backup} was not restored: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Restored(aside, _bring_pictures(backup / PICTURES, data.pictures))


def _check(source: Path) -> None:
    if not source.is_file():
        raise ConfigurationError(f"there is no backup at {source}")
    if problem := damage(source):
        raise BackupFailed(f"the backup {source} is damaged: {problem}")
    try:
        with closing(read_only(source)) as connection:
            connection.execute("SELECT 1 FROM jobs LIMIT 1").fetchone()
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise BackupFailed(f"{source} is no backup of Limner's: {error}") from None
    if version > len(MIGRATIONS):
        raise ConfigurationError(f"{source} was made by a newer Limner (version {version}); update Limner first")


def _copy(source: Path, part: Path) -> None:
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    shutil.copyfile(source, part)
    sync_file(part)


def _move_aside(data: DataFolder, aside: Path) -> Path | None:
    """The -wal goes first: killed in between, an old one must never meet another database."""
    files = [data.database.with_name(data.database.name + part) for part in reversed(_PARTS)]
    found = [file for file in files if file.exists()]
    if not found:
        return None
    aside.mkdir(mode=0o700)
    for file in found:
        file.replace(aside / file.name)
    sync_folder(aside)
    return aside


def _bring_pictures(source: Path, target: Path) -> int:
    """Copy those that are missing; a linked one would change with its copy."""
    brought = 0
    for path in sorted(source.glob("*/*")) if source.is_dir() else ():
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            place.parent.mkdir(exist_ok=True, mode=0o700)
            shutil.copyfile(path, place)
            place.chmod(0o600)
            sync_file(place)
            brought += 1
    return brought
