"""The real bot in a troubled world: SIGUSR1 makes its database read-only, SIGUSR2 mends it; a file shifts its clock.

`troubled_bot.py [CLOCK]`: CLOCK is a file with the seconds by which the bot's clock is wrong, read at every look.
"""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

_wrong = {"read-only": False}


def shift_the_clock(file: Path) -> None:
    """Make `time.time` wrong by what the file says; the monotonic clock stays right, as a real one does."""
    right = time.time
    time.time = lambda: right() + float(file.read_text() or 0)


def trouble_the_disk() -> None:
    """Obey the two signals before every transaction."""
    from limner_bot.queue import database

    plain = database._transaction

    def troubled(connection: sqlite3.Connection, *rest: Any) -> Any:
        connection.execute(f"PRAGMA query_only={int(_wrong['read-only'])}")
        return plain(connection, *rest)

    database._transaction = troubled  # type: ignore[assignment]
    signal.signal(signal.SIGUSR1, lambda *_: _wrong.update({"read-only": True}))
    signal.signal(signal.SIGUSR2, lambda *_: _wrong.update({"read-only": False}))


if __name__ == "__main__":
    if sys.argv[1:]:
        shift_the_clock(Path(sys.argv[1]))
    from limner_bot.main import command

    trouble_the_disk()
    sys.exit(command([]))
