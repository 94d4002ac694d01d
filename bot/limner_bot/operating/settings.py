"""What the operator has set, as the parts of the bot read it; where that stands is the business of `configuring`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from limner_bot.asking.shortcuts import Shortcuts, parse_buttons
from limner_sdk import ConfigurationError
from limner_sdk.folders import VARIABLE as DATA_DIR
from limner_sdk.folders import DataFolder

from .configuring import Given, Misconfigured, beside, check, data_folder, gather
from .keys import BY_PLACE
from .secret import find_token
from .sections import (
    DISCORD_API,
    DISCORD_GATEWAY,
    BackupSection,
    Configuration,
    KeepSection,
    MetricsSection,
    QueueSection,
)

__all__ = ["DISCORD_API", "DISCORD_GATEWAY", "Settings"]

_WORKER: Final = (sys.executable, "-m", "limner_host.worker")
#: What the worker reads from its environment.
_PASSED_ON: Final = ("device", "largest_canvas", "safety")


@dataclass(frozen=True)
class Settings:
    """Everything that the operator can set. Durations are seconds; `worker_environment` is for the worker alone."""

    token: str = field(repr=False)
    folder: DataFolder
    api: str = DISCORD_API
    gateway: str = DISCORD_GATEWAY
    operators: frozenset[int] = frozenset()
    worker: tuple[str, ...] = _WORKER
    worker_environment: Mapping[str, str] = field(default_factory=dict)
    buttons: Shortcuts = None
    language: str = ""
    log_format: str = "text"
    log_level: str = "info"
    silence: float = 30.0
    start_silence: float = 180.0
    job_silence: float = 900.0
    queue: QueueSection = field(default_factory=QueueSection)
    keep: KeepSection = field(default_factory=KeepSection)
    backup: BackupSection = field(default_factory=BackupSection)
    backups: Path = Path()
    metrics: MetricsSection = field(default_factory=MetricsSection)
    file: Path | None = None

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, file: Path | None = None, *, needs_token: bool = True
    ) -> Self:
        """Read the variables and limner.toml. Raises `Misconfigured`, which has a sentence for each mistake."""
        given = gather(file, environment)
        configuration, problems = check(given)
        token, folder = "", DataFolder.from_environment(environment)
        try:
            folder = data_folder(given, configuration)
        except ConfigurationError as error:
            problems.append(str(error))
        try:
            token = find_token(given, configuration.discord)
        except ConfigurationError as error:
            problems += [str(error)] if needs_token else []
        if problems:
            raise Misconfigured(problems)
        return cls(token=token, folder=folder, file=given.file, **_fields(given, configuration, folder))


def _fields(given: Given, configuration: Configuration, folder: DataFolder) -> dict[str, Any]:
    discord, bot, worker = configuration.discord, configuration.bot, configuration.worker
    backup = configuration.backup
    return {
        "api": discord.api,
        "gateway": discord.gateway,
        "operators": frozenset(discord.operators),
        "worker": tuple(shlex.split(worker.command)) or _WORKER,
        "worker_environment": _for_worker(configuration, folder),
        "buttons": parse_buttons(bot.buttons),
        "language": bot.language,
        "log_format": bot.log_format,
        "log_level": bot.log_level,
        "silence": worker.silence,
        "start_silence": worker.start_silence,
        "job_silence": worker.job_silence,
        "queue": configuration.queue,
        "keep": configuration.keep,
        "backup": backup,
        "backups": beside(given, backup.folder) if backup.folder else folder.root / "backups",
        "metrics": configuration.metrics,
    }


def _for_worker(configuration: Configuration, folder: DataFolder) -> dict[str, str]:
    values = {BY_PLACE["worker", name].variable: str(getattr(configuration.worker, name)) for name in _PASSED_ON}
    return {name: value for name, value in values.items() if value} | {DATA_DIR: str(folder.root)}
