"""Dies at every statement of every migration: `migrating.py DATABASE`, a file of an old version with rows in it.

A fork dies, another opens what it left behind; any difference ends this program with a message.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from limner_bot.queue.database import migrate
from limner_bot.queue.schema import MIGRATIONS

DIED = 77


class Dying(sqlite3.Connection):
    """Ends the process at its `left`-th statement."""

    left = 0

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run it, or die."""
        self.left -= 1
        if self.left == 0:
            os._exit(DIED)
        return super().execute(*arguments)


def dies(path: Path, statement: int) -> bool:
    """Migrate in a process that dies; whether it came to the statement."""
    child = os.fork()
    if child == 0:
        connection = sqlite3.connect(path, isolation_level=None, factory=Dying)
        connection.left = statement
        migrate(connection)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED


def mended(path: Path) -> list[tuple[Any, ...]]:
    """Migrate what was left behind; what is in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        problems = connection.execute("PRAGMA foreign_key_check").fetchall()
        assert (version, problems) == (len(MIGRATIONS), []), (version, problems)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        jobs = connection.execute("SELECT id, kind, state, user_id, request FROM jobs ORDER BY number").fetchall()
        return jobs + connection.execute("SELECT id, job_id, file FROM images ORDER BY number").fetchall()


def main(old: Path) -> None:
    """Try every statement."""
    copy = old.with_name("copy.sqlite3")
    wanted = mended(Path(shutil.copy(old, copy)))
    for statement in itertools.count(1):
        for ending in ("", "-wal", "-shm"):
            copy.with_name(copy.name + ending).unlink(missing_ok=True)
        shutil.copy(old, copy)
        if not dies(copy, statement):
            print(f"died at {statement - 1} statements")
            return
        found = mended(copy)
        assert found == wanted, f"statement {statement}: {found}, not {wanted}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
