"""Copies of the database that can be trusted: made while the bot runs, checked, whole or not there at all."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from limner_sdk import ConfigurationError, DiskFull, LimnerError

from .settings import Settings

log = logging.getLogger(__name__)

#: Automatic ones are called so, with the UTC time behind it; those made before an upgrade are never removed.
AUTOMATIC: Final = "limner-"
BEFORE_UPGRADE: Final = "before-upgrade-"
ENDING: Final = ".sqlite3"
#: A copy of a folder has these in it.
DATABASE: Final = f"limner{ENDING}"
PICTURES: Final = "pictures"
_WITH_TOKENS: Final = (
    "SELECT t.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND c.name = 'token'"
)
#: What a database of ours has in it.
_TABLES: Final = frozenset({"jobs", "images"})
#: What a file says that is no database any more; every other error is of the disk, of rights or of the moment.
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_RETRY_SECONDS: Final = 600.0
_LONGEST_SLEEP: Final = 3600.0


class BackupFailed(LimnerError):
    """A copy could not be made or used; nothing has been changed."""


class CannotBeRead(LimnerError):
    """Nobody knows whether a database is damaged: now it cannot be read."""


def make_backup(database: Path, target: Path, *, force: bool = False) -> Path:
    """A copy of `database` at `target`, which the bot may use meanwhile; it has no interaction tokens in it.

    Blocks. Either the copy is there, whole, checked and on the disk, or nothing is. An older backup is replaced with
    `force` only, and anything else never. Raises `ConfigurationError` for a wrong path, and `BackupFailed` or
    `DiskFull`.
    """
    _check_target(database, target, force)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = _part_of(target)
    try:
        with _told(target):
            _copy(database, part)
            _finish(part)
            part.replace(target)
            sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return target


def make_full_backup(database: Path, pictures: Path, target: Path, *, force: bool = False) -> Path:
    """A folder `target` with a copy of the database and all pictures, as `make_backup` makes one.

    Pictures are linked on the same disk, where they take no room, and copied to another one.
    """
    _check_target(database, target, force)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = _part_of(target)
    part.mkdir(mode=0o700)
    try:
        make_backup(database, part / DATABASE)
        with _told(target):
            _copy_tree(pictures, part / PICTURES)
            sync_folder(part)
            _replace_folder(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _check_target(database: Path, target: Path, force: bool) -> None:
    if not database.is_file():
        raise ConfigurationError(f"there is no database at {database}; LIMNER_DATA_DIR names the data folder")
    if target.exists() and not force:
        raise ConfigurationError(f"{target} exists already; choose another name, or say --force to replace it")
    if target.resolve() in (database.resolve(), database.parent.resolve()):
        raise ConfigurationError(f"{target} is what is to be copied; choose another name")
    if (target.exists() or target.is_symlink()) and not is_backup(target):
        raise ConfigurationError(f"{target} is no backup of Limner's, which alone is replaced; choose another name")


def require_outside(settings: Settings, target: Path) -> None:
    """Raise `ConfigurationError` if a backup at `target` would lie among the bot's own files, or hold them."""
    root, backups = settings.folder.root.resolve(), settings.backups.resolve()
    place = target.parent.resolve() / target.name
    for path in (place, target.resolve()):
        is_inside = path.is_relative_to(root) and backups not in path.parents
        if is_inside or root.is_relative_to(path) or backups.is_relative_to(path):
            raise ConfigurationError(
                f"{target} lies in the data folder {root} or around it; choose another place, or one in {backups}"
            )


def is_backup(path: Path) -> bool:
    """Whether this is what `make_backup` or `make_full_backup` has made, and no database that somebody uses."""
    if path.is_symlink():
        return False
    if path.is_dir():
        found = {each.name for each in path.iterdir()}
        return DATABASE in found and found <= {DATABASE, PICTURES} and is_backup(path / DATABASE)
    # A database in use keeps a -wal and says so in its head; a copy never does.
    if not path.is_file() or _head(path) != (b"SQLite format 3\0", b"\1\1"):
        return False
    try:
        with closing(read_only(path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    except sqlite3.DatabaseError:
        return False
    return {row[0] for row in rows} >= _TABLES


def _head(path: Path) -> tuple[bytes, bytes]:
    """How an SQLite file begins, and the versions of those who may write to it and read it."""
    with path.open("rb") as file:
        head = file.read(20)
    return head[:16], head[18:]


def _part_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.part")


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """What goes wrong, as one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise DiskFull(f"there is no room for a backup at {target}") from error
        raise BackupFailed(f"no backup was made at {target}: {error}") from error
    except OSError as error:
        raise BackupFailed(f"no backup was made at {target}: {error.strerror or error}") from error


def _copy(database: Path, part: Path) -> None:
    """VACUUM INTO takes one look at the database; copying page by page begins anew with every change."""
    # Empty and private from the beginning: SQLite would make it readable by others.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(read_only(database)) as source:
        source.execute("PRAGMA busy_timeout=5000")
        source.execute("VACUUM INTO ?", (str(part),))


def _finish(part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        for pragma in ("journal_mode=MEMORY", "secure_delete=ON"):
            copy.execute(f"PRAGMA {pragma}").fetchall()
        # Secrets that are void within minutes have no place in a file that is kept for years.
        for (table,) in copy.execute(_WITH_TOKENS).fetchall():
            copy.execute(f"UPDATE {table} SET token = '' WHERE token <> ''")
    if problem := damage(part):
        raise BackupFailed(f"the copy is damaged, and so may be the database: {problem}")
    sync_file(part)


def read_only(database: Path) -> sqlite3.Connection:
    """A connection that changes nothing, whatever happens."""
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def damage(database: Path, *, thorough: bool = True) -> str | None:
    """What is wrong with a database file, None if nothing was found. Blocks; a thorough look reads all of it.

    Raises `CannotBeRead` for what says nothing about the file: a failing or full disk, rights, a lock.
    """
    try:
        with closing(read_only(database)) as connection:
            look = "integrity_check" if thorough else "quick_check"
            answer = str(connection.execute(f"PRAGMA {look}(1)").fetchone()[0])
            if answer == "ok" and thorough and connection.execute("PRAGMA foreign_key_check").fetchone():
                answer = "rows refer to others that are not there"
    except sqlite3.DatabaseError as error:
        # What Python itself cannot read has no code.
        if (code := getattr(error, "sqlite_errorcode", None)) is None or code & 0xFF in _DAMAGED:
            return str(error)
        raise CannotBeRead(f"{database} cannot be read now: {error}") from error
    return None if answer == "ok" else " ".join(answer.split())


def sync_file(path: Path) -> None:
    """Force a file's content onto the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force a folder's names onto the disk."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_tree(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for folder, _, files in os.walk(source):
        inside = target / Path(folder).relative_to(source)
        inside.mkdir(exist_ok=True, mode=0o700)
        for name in files:
            # It may have been removed meanwhile; the copy's database knows of none younger than itself.
            _link_or_copy(Path(folder) / name, inside / name)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        log.info("%s has gone while it was copied", source)
    except OSError:
        shutil.copyfile(source, target)
        target.chmod(0o600)
        sync_file(target)


def _replace_folder(part: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        target.replace(old)
    part.replace(target)
    sync_folder(target.parent)
    if old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink(missing_ok=True)


def backups_in(folder: Path) -> list[Path]:
    """The copies in a folder, newest first."""
    found = [path for path in folder.glob(f"*{ENDING}") if path.is_file() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def newest_good(folder: Path) -> Path | None:
    """The newest copy that is whole. Blocks."""
    return next((path for path in backups_in(folder) if _is_good(path)), None)


def _is_good(path: Path) -> bool:
    try:
        return not damage(path)
    except CannotBeRead as error:
        log.warning("%s", error)
        return False


def rotate(folder: Path, keep: int) -> list[Path]:
    """Remove all automatic copies but the `keep` newest ones; those that are gone. Half-made ones go as well."""
    automatic = [path for path in backups_in(folder) if path.name.startswith(AUTOMATIC)]
    removed = automatic[keep:] + list(folder.glob(f".{AUTOMATIC}*.part"))
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def stamp(now: float) -> str:
    """A moment (Unix seconds) as a part of a file name; UTC."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))


def back_up(settings: Settings, now: float) -> Path:
    """Make an automatic copy and remove old ones. Blocks. Raises `LimnerError` or `OSError`."""
    target = settings.backups / f"{AUTOMATIC}{stamp(now)}{ENDING}"
    make_backup(settings.folder.database, target, force=True)
    rotate(settings.backups, settings.backup.keep)
    return target


def seconds_left(settings: Settings, now: float) -> float:
    """Seconds until the next automatic copy is due, by the age of the newest; 0 if it is due now."""
    period = settings.backup.every_hours * 3600
    automatic = [path for path in backups_in(settings.backups) if path.name.startswith(AUTOMATIC)]
    if not automatic:
        return 0.0
    # A clock that was set back must not stop the copies for years.
    return min(period, max(0.0, automatic[0].stat().st_mtime + period - now))


async def keep_backups(settings: Settings, now: Callable[[], float] = time.time) -> None:
    """Make copies for ever, as `[backup]` says; the first one at once if the newest is too old."""
    if not settings.backup.every_hours:
        await asyncio.Event().wait()
    while True:
        try:
            await asyncio.sleep(await asyncio.to_thread(_back_up_when_due, settings, now()))
        except (LimnerError, OSError) as error:
            log.error("%s; another try in %.0f minutes", error, _RETRY_SECONDS / 60)
            await asyncio.sleep(_RETRY_SECONDS)


def _back_up_when_due(settings: Settings, now: float) -> float:
    """The seconds to sleep until another look."""
    if not seconds_left(settings, now):
        log.info("a backup was made: %s", back_up(settings, now))
    return min(seconds_left(settings, now), _LONGEST_SLEEP) or 1.0
