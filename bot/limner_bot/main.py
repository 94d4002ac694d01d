"""``limner bot``: reads the settings, runs the bot, and turns what went wrong into one sentence and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from limner_bot.operating.configuring import Misconfigured, check, gather, warnings
from limner_bot.operating.integrity import DamagedDatabase, sqlite_warning
from limner_bot.operating.keys import KEYS
from limner_bot.operating.logs import listen_to, start_logging
from limner_bot.operating.settings import Settings
from limner_sdk import ConfigurationError, LimnerError

log = logging.getLogger(__name__)

_WIDTH: Final = max(len(key.variable) for key in KEYS)
_HELP: Final = "settings, each by a variable or in limner.toml (`limner config example` shows one):\n" + "\n".join(
    f"  {key.variable:<{_WIDTH}}  [{key.section}] {key.name}" for key in KEYS
)


def command(arguments: Sequence[str]) -> int:
    """Run the bot until it is told to stop; the exit code."""
    parser = argparse.ArgumentParser(
        "limner bot",
        description="Start the Discord bot and its GPU worker.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config(parser)
    given = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment(file=given.config)
    except ConfigurationError as error:
        return _ended(error, 2, _log_format(given.config))
    return _run(settings)


def add_config(parser: argparse.ArgumentParser) -> None:
    """The option that names limner.toml."""
    says = "limner.toml; else what LIMNER_CONFIG names, else the one in the data folder"
    parser.add_argument("--config", type=Path, metavar="FILE", help=says)


def _prepare(settings: Settings) -> None:
    """What holds for the whole process: rights of new files, the log, and what the worker will see."""
    os.umask(0o077)
    start_logging(settings.token, settings.log_format, settings.log_level)
    for sentence in warnings():
        log.warning("%s", sentence)
    for sentence in sqlite_warning():
        log.info("%s", sentence)
    # What the file says of the worker reaches it as its environment does, see `worker.allowed`.
    os.environ |= settings.worker_environment


def _run(settings: Settings) -> int:
    _prepare(settings)
    try:
        asyncio.run(_serve(settings))
    except (ConfigurationError, DamagedDatabase) as error:
        # Nothing that a service manager mends by starting the bot again.
        return _ended(error, 2, settings.log_format)
    except (LimnerError, OSError) as error:
        return _ended(error, 1, settings.log_format)
    except KeyboardInterrupt:
        return 130
    except Exception:
        # Through the log, which cuts secrets out.
        log.exception("the bot has ended")
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    # discord.py takes a moment to load, and whoever forgot the token need not wait for it.
    from .bot import serve

    listen_to(asyncio.get_running_loop())
    await serve(settings)


def _log_format(file: Path | None) -> str:
    """How the log is written, as far as wrong settings tell."""
    try:
        return check(gather(file, os.environ))[0].bot.log_format
    except Misconfigured:
        return os.environ.get("LIMNER_LOG_FORMAT", "").strip().lower()


def _ended(error: Exception, code: int, style: str) -> int:
    """As `failed`, where every line is JSON if the log is."""
    if style != "json":
        return failed(error, code)
    if not logging.getLogger().handlers:
        start_logging("", style)
    for problem in _problems(error):
        log.critical("%s", problem)
    return code


def failed(error: Exception, code: int) -> int:
    """Say what is wrong, a line for each problem, and give the exit code back."""
    for problem in _problems(error):
        print(f"limner: {problem}", file=sys.stderr)
    return code


def _problems(error: Exception) -> Sequence[object]:
    return error.problems if isinstance(error, Misconfigured) else [error]
