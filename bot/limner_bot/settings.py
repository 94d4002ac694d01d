"""What the operator sets: addresses, the token, the data folder, the worker's command line, and a few durations."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from limner_sdk import ConfigurationError
from limner_sdk.folders import DataFolder

from .shortcuts import VARIABLE as BUTTONS
from .shortcuts import Shortcuts, parse_buttons

DISCORD_API: Final = "https://discord.com/api/v10"
DISCORD_GATEWAY: Final = "wss://gateway.discord.gg/"
_WORKER: Final = (sys.executable, "-m", "limner_host.worker")


@dataclass(frozen=True)
class Settings:
    """Everything the bot reads from its environment; durations are seconds."""

    token: str = field(repr=False)
    folder: DataFolder
    api: str = DISCORD_API
    gateway: str = DISCORD_GATEWAY
    worker: tuple[str, ...] = _WORKER
    buttons: Shortcuts = None
    silence: float = 30.0
    start_silence: float = 180.0
    job_silence: float = 900.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the variables. Raises `ConfigurationError`, which names the variable and the remedy."""
        token = environment.get("LIMNER_DISCORD_TOKEN", "").strip()
        if not token:
            raise ConfigurationError("LIMNER_DISCORD_TOKEN is not set; put the bot's token from Discord into it")
        return cls(
            token=token,
            folder=DataFolder.from_environment(environment),
            api=environment.get("LIMNER_DISCORD_API") or DISCORD_API,
            gateway=environment.get("LIMNER_DISCORD_GATEWAY") or DISCORD_GATEWAY,
            worker=_command(environment.get("LIMNER_WORKER", "")),
            buttons=parse_buttons(environment.get(BUTTONS, "")),
            silence=_seconds(environment, "LIMNER_WORKER_SILENCE", cls.silence),
            start_silence=_seconds(environment, "LIMNER_WORKER_START_SILENCE", cls.start_silence),
            job_silence=_seconds(environment, "LIMNER_JOB_SILENCE", cls.job_silence),
        )


def _command(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text)) or _WORKER
    except ValueError as error:
        raise ConfigurationError(f"LIMNER_WORKER is no command line: {error}") from None


def _seconds(environment: Mapping[str, str], name: str, otherwise: float) -> float:
    text = environment.get(name) or str(otherwise)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ConfigurationError(f"{name} is {text!r}; it must be a number of seconds above 0")
    return seconds
