"""``limner config``: checks what is set, and writes an example of limner.toml."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from limner_bot.main import add_config, failed
from limner_bot.operating.configuring import Given, Misconfigured, barrier, check, gather, warnings
from limner_bot.operating.integrity import sqlite_warning
from limner_bot.operating.keys import HIDDEN, KEYS, Key, section_of, written
from limner_bot.operating.sections import Configuration
from limner_bot.operating.settings import Settings
from limner_sdk import ConfigurationError

_WIDTH: Final = 100


def command(arguments: Sequence[str]) -> int:
    """Check the settings or print an example; the exit code, 2 if something is wrong."""
    parser = argparse.ArgumentParser("limner config", description="Check the bot's settings, or show an example.")
    parts = parser.add_subparsers(dest="what", required=True)
    add_config(parts.add_parser("check", help="show what holds and where it comes from; exit code 2 if it is wrong"))
    parts.add_parser("example", help="print a limner.toml with every key and what it means")
    given = parser.parse_args(arguments)
    if given.what == "example":
        print(example(), end="")
        return 0
    return _check(given.config)


def _check(file: Path | None) -> int:
    try:
        settings = Settings.from_environment(file=file)
        print("\n".join(table(gather(file, os.environ))))
        if problems := list(_barriers(settings)):
            raise Misconfigured(problems)
    except ConfigurationError as error:
        return failed(error, 2)
    for sentence in [*warnings(), *sqlite_warning(), *_open_folder(settings.folder.root)]:
        print(f"limner: warning: {sentence}", file=sys.stderr)
    print(f"\nfine; the data folder is {settings.folder.root}")
    return 0


def table(given: Given) -> Iterator[str]:
    """What holds, line by line: key, value, origin. Secrets are dots."""
    configuration, _ = check(given)
    yield f"file: {given.file or 'none'}"
    rows = [(f"[{key.section}] {key.name}", _shown(key, configuration), given.origin(key)) for key in KEYS]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        yield f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}"


def _shown(key: Key, configuration: Configuration) -> str:
    value = getattr(getattr(configuration, key.section), key.name)
    return HIDDEN if key.is_secret and value else written(value)


def _barriers(settings: Settings) -> Iterator[str]:
    """Folders that the bot could not use."""
    backups = settings.backups if settings.backup.every_hours else settings.folder.root
    folders = {"[bot] data_dir": settings.folder.root, "[backup] folder": backups}
    for name, folder in folders.items():
        if reason := barrier(folder):
            yield f"{name}: {folder} cannot be used: {reason}; choose another folder"


def _open_folder(root: Path) -> Iterator[str]:
    if os.name == "posix" and root.exists() and root.stat().st_mode & 0o077:
        yield f"others can look into {root}; say: chmod 700 {root}"


def example() -> str:
    """A limner.toml with every key at its default, behind a `#`."""
    lines = ["# limner.toml: every key with its default. Take the # away from what you change.", ""]
    for section in Configuration.model_fields:
        lines += [*_comment(section_of(section).__doc__ or ""), f"[{section}]"]
        for key in KEYS:
            if key.section == section:
                lines += [*_comment(f"{key.says} ({key.variable})"), f"#{key.name} = {written(key.default)}", ""]
    return "\n".join(lines)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)
