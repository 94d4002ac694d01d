"""``limner backup PATH`` and ``limner backup restore PATH``."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from limner_bot.main import add_config, failed
from limner_bot.operating.backups import CannotBeRead, make_backup, make_full_backup, require_outside, stamp
from limner_bot.operating.restoring import restore
from limner_bot.operating.settings import Settings
from limner_sdk import DiskFull, LimnerError

_MORE = "`limner backup restore PATH` puts one back while no bot runs; a file called restore is written ./restore."


def command(arguments: Sequence[str]) -> int:
    """Make a backup or put one back; the exit code."""
    os.umask(0o077)
    is_restore = list(arguments[:1]) == ["restore"]
    try:
        return _restore(arguments[1:]) if is_restore else _back_up(arguments)
    except (LimnerError, OSError) as error:
        return failed(error, 1 if isinstance(error, (DiskFull, CannotBeRead)) else 2)


def _back_up(arguments: Sequence[str]) -> int:
    says = "Copy the database, also while the bot runs."
    parser = argparse.ArgumentParser("limner backup", description=says, epilog=_MORE)
    parser.add_argument("path", type=Path, metavar="PATH", help="the file to make; with --pictures, the folder")
    parser.add_argument("--pictures", action="store_true", help="with all pictures (linked on the same disk)")
    parser.add_argument("--force", action="store_true", help="replace an older backup that is there")
    add_config(parser)
    given = parser.parse_args(arguments)
    settings = Settings.from_environment(file=given.config, needs_token=False)
    target, data = given.path.expanduser().absolute(), settings.folder
    require_outside(settings, target)
    if given.pictures:
        make_full_backup(data.database, data.pictures, target, force=given.force)
    else:
        make_backup(data.database, target, force=given.force)
    print(f"made and checked: {target}")
    return 0


def _restore(arguments: Sequence[str]) -> int:
    # discord.py takes a moment to load, which a backup need not wait for.
    from limner_bot.bot import only_one

    parser = argparse.ArgumentParser("limner backup restore", description="Put a backup in the database's place.")
    parser.add_argument("path", type=Path, metavar="PATH", help="what `limner backup` has made")
    add_config(parser)
    given = parser.parse_args(arguments)
    settings = Settings.from_environment(file=given.config, needs_token=False)
    settings.folder.create()
    with only_one(settings):
        done = restore(given.path.expanduser().absolute(), settings.folder, f"replaced-{stamp(time.time())}")
    print(f"restored: {settings.folder.database}")
    if done.aside:
        print(f"what was there lies in {done.aside}")
    if done.pictures:
        print(f"{done.pictures} pictures came back")
    return 0
