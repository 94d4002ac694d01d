"""Looks at the database before it is used: damaged or gone, the bot does not start with an empty one."""

from __future__ import annotations

import logging
import os
import shlex
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from limner_bot.queue.database import migrate
from limner_bot.queue.schema import MIGRATIONS
from limner_sdk import LimnerError

from .backups import BEFORE_UPGRADE, ENDING, damage, make_backup, newest_good, read_only, stamp, sync_file, sync_folder
from .settings import Settings

log = logging.getLogger(__name__)

#: Lies in the data folder while a bot uses the database; found at the start, it tells that the last one was killed.
MARKER: Final = "bot.running"
#: The first SQLite without the bug by which two writing connections can damage a database; its fix was taken back into
#: none older. 3.52.0 was withdrawn.
SQLITE_FLOOR: Final = (3, 51, 3)


class DamagedDatabase(LimnerError):
    """The database cannot be trusted; the sentence names the way back."""


@contextmanager
def intact(settings: Settings) -> Iterator[None]:
    """Check the database, make a copy before an upgrade, bring it up to date; mark it as used meanwhile.

    Between `only_one` and `open_database`. Blocks, for a second per gigabyte after an unclean end. Raises
    `DamagedDatabase`, and `ConfigurationError` for the database of a newer Limner.
    """
    check_at_start(settings)
    _upgrade(settings)
    marker = settings.folder.root / MARKER
    marker.write_text(f"{os.getpid()}\n")
    sync_file(marker)
    sync_folder(marker.parent)
    try:
        yield
    finally:
        # Whatever ended the bot, the connections were closed in order.
        marker.unlink(missing_ok=True)


def check_at_start(settings: Settings) -> None:
    """Raise `DamagedDatabase` if the database is damaged, or gone although there was one.

    After an orderly end a quick look suffices; after any other all of it is read. What nobody can see: whether somebody
    has removed the file -wal, which holds the newest changes, as SQLite has no record that it was there.
    """
    database, was_killed = settings.folder.database, (settings.folder.root / MARKER).exists()
    if was_killed:
        # Before anything else: whoever opens a database makes its -wal.
        _warn_of_missing_wal(database)
    if is_empty(database):
        if evidence := _evidence(settings, was_killed):
            raise DamagedDatabase(f"the database {database} is empty or gone, but {evidence}; {_remedy(settings)}")
        return
    if was_killed:
        log.info("the bot was killed or the power failed; the whole database is checked")
    if problem := damage(database, thorough=was_killed):
        raise DamagedDatabase(f"the database {database} is damaged ({problem}); {_remedy(settings)}")


def is_empty(database: Path) -> bool:
    """Whether there is no database, or nothing in it, which SQLite would take for a new one."""
    if not database.exists() or not database.stat().st_size:
        return True
    try:
        with closing(read_only(database)) as connection:
            return not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    except sqlite3.DatabaseError:
        return False


def _evidence(settings: Settings, was_killed: bool) -> str:
    """What tells that there was a database; "" if this is the first start."""
    if was_killed:
        return "a bot was using it"
    if settings.folder.pictures.is_dir() and any(settings.folder.pictures.iterdir()):
        return f"there are pictures in {settings.folder.pictures}"
    return f"there are backups in {settings.backups}" if newest_good(settings.backups) else ""


def _remedy(settings: Settings) -> str:
    good = newest_good(settings.backups)
    anew = "or choose another data folder to begin anew"
    if good is None:
        return (
            f"there is no good backup in {settings.backups}; if you have one elsewhere, say: {_restore('FILE')}, {anew}"
        )
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(good.stat().st_mtime))
    return f"the newest good backup is of {made}; say: {_restore(str(good), settings.file)}, {anew}"


def _restore(backup: str, file: Path | None = None) -> str:
    words = ["limner", "backup", "restore", backup, *(["--config", str(file)] if file else [])]
    return shlex.join(words)


def _warn_of_missing_wal(database: Path) -> None:
    if not database.with_name(f"{database.name}-wal").exists():
        log.warning(
            "%s-wal is not there; that is so if the bot was killed just as it started or ended. "
            "If somebody has removed it, the newest changes are lost: what is left is checked, what was there is not",
            database,
        )


def _upgrade(settings: Settings) -> None:
    """On a connection that is closed at once: from then on the main file has tables, with or without its -wal."""
    database = settings.folder.database
    if is_empty(database):
        version = len(MIGRATIONS)
    else:
        with closing(read_only(database)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if 0 < version < len(MIGRATIONS):
        name = f"{BEFORE_UPGRADE}{version}-{stamp(time.time())}{ENDING}"
        log.info("the database is upgraded; a copy: %s", make_backup(database, settings.backups / name, force=True))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA synchronous=FULL").fetchall()
        migrate(connection)


def sqlite_warning(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> list[str]:
    """A sentence if SQLite is one of those with the WAL-reset bug (3.7.0 to 3.51.2)."""
    if version >= SQLITE_FLOOR and version != (3, 52, 0):
        return []
    return [
        f"SQLite {'.'.join(map(str, version))} can damage a database that two programs write to; 3.51.3 cannot. "
        "The bot alone writes to it: open it read-only with other programs, and copy it by `limner backup` alone"
    ]
