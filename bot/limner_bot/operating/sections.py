"""What limner.toml may say: one class per section, and for each key its default, what it means and what it must be."""

from __future__ import annotations

import ipaddress
import re
import shlex
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from limner_bot.asking.shortcuts import VARIABLE as BUTTONS
from limner_bot.asking.shortcuts import parse_buttons
from limner_bot.words.language import LANGUAGES
from limner_sdk import ConfigurationError
from limner_sdk.folders import VARIABLE as DATA_DIR

DISCORD_API: Final = "https://discord.com/api/v10"
DISCORD_GATEWAY: Final = "wss://gateway.discord.gg/"
#: Two numbers with an x between them; what they may be is the host's business.
_CANVAS: Final = re.compile(r"\s*[1-9][0-9]{1,5}\s*[x×]\s*[1-9][0-9]{1,5}\s*|", re.IGNORECASE)

#: As PyTorch names those that it can draw on.
_DEVICE: Final = re.compile(r"((cuda|mps|xpu|cpu)(:[0-9]{1,3})?)?")


def _no_truth(value: Any) -> Any:
    """Python counts true as 1; who writes it has mistaken the key."""
    if isinstance(value, bool):
        raise ValueError
    return value


def _split(value: Any) -> Any:
    return [part for part in re.split(r"[\s,]+", value) if part] if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Seconds: TypeAlias = Annotated[float, BeforeValidator(_no_truth), Field(gt=0, allow_inf_nan=False)]
Amount: TypeAlias = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, BeforeValidator(_no_truth), Field(ge=0)]
Identity: TypeAlias = Annotated[int, BeforeValidator(_no_truth), Field(gt=0, lt=2**63)]
Format: TypeAlias = Annotated[Literal["text", "json"], BeforeValidator(_lower)]
Level: TypeAlias = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]

_A_TIME: Final = "must be a number of seconds above 0"
_AN_AMOUNT: Final = "must be a number, 0 or more"
_A_COUNT: Final = "must be a whole number, 0 or more"


def setting(default: Any, says: str, must: str, variable: str) -> Any:
    """A key: `must` completes the sentence "it …" when its value is wrong; `variable` counts for more than the file."""
    return Field(default, description=says, json_schema_extra={"must": must, "variable": variable})


class Section(BaseModel):
    """A section; its keys are frozen, and there are no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DiscordSection(Section):
    """How the bot reaches Discord, and who runs it."""

    token_file: str = setting(
        "",
        "A file that holds the bot's token and nothing else; others on this machine must not be able to read it.",
        "must be the path of a file",
        "LIMNER_DISCORD_TOKEN_FILE",
    )
    token: str = setting(
        "",
        "The token itself, instead of token_file; refused if others can read this file.",
        "must be the bot's token, as a text",
        "LIMNER_DISCORD_TOKEN",
    )
    api: str = setting(
        DISCORD_API, "The address of Discord's API; another one is for proxies and tests.", "", "LIMNER_DISCORD_API"
    )
    gateway: str = setting(DISCORD_GATEWAY, "The address of Discord's gateway, likewise.", "", "LIMNER_DISCORD_GATEWAY")
    operators: Annotated[tuple[Identity, ...], BeforeValidator(_split)] = setting(
        (),
        "Discord's user ids of those who run this machine; they may do what concerns all servers.",
        "must be a list of user ids, such as [123456789012345678]",
        "LIMNER_OPERATORS",
    )

    @field_validator("api")
    @classmethod
    def _is_api(cls, value: str) -> str:
        return _address(value, "http://", "https://")

    @field_validator("gateway")
    @classmethod
    def _is_gateway(cls, value: str) -> str:
        return _address(value, "ws://", "wss://")


def _address(value: str, *schemes: str) -> str:
    if not value.startswith(schemes):
        raise ValueError(f"must be an address that begins with {' or '.join(schemes)}")
    return value


class BotSection(Section):
    """The bot itself."""

    data_dir: str = setting(
        "",
        "Where the database, pictures, models and plugins are kept; your user's data folder if empty.",
        "must be the path of a folder",
        DATA_DIR,
    )
    buttons: str = setting(
        "",
        'What the buttons below a picture do, such as "detailer(denoise=0.35), Upscale 2x = upscale(scale=2)";'
        ' all that have a button if empty, none at all with "none".',
        "must be a list of post-processors",
        BUTTONS,
    )
    language: str = setting(
        "",
        f"The only language that the bot speaks, one of {', '.join(LANGUAGES)}; everybody's own if empty.",
        f"must be one of {', '.join(LANGUAGES)}, or empty",
        "LIMNER_LANGUAGE",
    )
    log_format: Format = setting(
        "text", "text, or json for one object per line.", "must be text or json", "LIMNER_LOG_FORMAT"
    )
    log_level: Level = setting(
        "info",
        "What is worth a line: debug, info, warning or error.",
        "must be debug, info, warning or error",
        "LIMNER_LOG_LEVEL",
    )

    @field_validator("buttons")
    @classmethod
    def _are_buttons(cls, value: str) -> str:
        try:
            parse_buttons(value)
        except ConfigurationError as error:
            raise ValueError(str(error).removeprefix(f"{BUTTONS}: ")) from None
        return value

    @field_validator("language")
    @classmethod
    def _is_language(cls, value: str) -> str:
        if value and value not in LANGUAGES:
            raise ValueError
        return value


class WorkerSection(Section):
    """The process with the GPU."""

    command: str = setting(
        "", "Another command line for the worker; Limner's own if empty.", "must be a command line", "LIMNER_WORKER"
    )
    silence: Seconds = setting(
        30.0, "Seconds without a sign of life after which the worker is replaced.", _A_TIME, "LIMNER_WORKER_SILENCE"
    )
    start_silence: Seconds = setting(
        180.0, "The same while it starts and loads its libraries.", _A_TIME, "LIMNER_WORKER_START_SILENCE"
    )
    job_silence: Seconds = setting(
        900.0, "Seconds without progress after which a job counts as stuck.", _A_TIME, "LIMNER_JOB_SILENCE"
    )
    device: str = setting(
        "", "cuda, cuda:1, mps or cpu; the fastest if empty.", "must be cuda, cuda:1, mps or cpu", "LIMNER_DEVICE"
    )
    largest_canvas: str = setting(
        "",
        "The area of the largest picture that may be drawn, whatever its proportions; 4096x4096 if empty.",
        "must be a size in pixels, such as 2048x2048",
        "LIMNER_LARGEST_CANVAS",
    )
    safety: str = setting(
        "",
        'The filter that every picture must pass, such as "safety_filter threshold=0.3"; none if empty.',
        "must be the name of a filter, and behind it parameters such as threshold=0.3",
        "LIMNER_SAFETY",
    )

    @field_validator("command")
    @classmethod
    def _is_command(cls, value: str) -> str:
        try:
            shlex.split(value)
        except ValueError as error:
            raise ValueError(f"is no command line: {str(error).lower()}") from None
        return value

    @field_validator("device")
    @classmethod
    def _is_device(cls, value: str) -> str:
        if not _DEVICE.fullmatch(value):
            raise ValueError
        return value

    @field_validator("safety")
    @classmethod
    def _is_filter(cls, value: str) -> str:
        # Whether there is one of that name only the host knows.
        try:
            name, *params = shlex.split(value) or [""]
        except ValueError:
            raise ValueError from None
        if "=" in name or not all(part.partition("=")[0].isidentifier() and "=" in part for part in params):
            raise ValueError
        return value

    @field_validator("largest_canvas")
    @classmethod
    def _is_canvas(cls, value: str) -> str:
        if not _CANVAS.fullmatch(value):
            raise ValueError
        return value


class QueueSection(Section):
    """How much may wait. Admins can set tighter limits for their own servers."""

    most_jobs_waiting: Count = setting(
        500,
        "Jobs that may wait at once, of all servers together; 0 is no limit.",
        _A_COUNT,
        "LIMNER_QUEUE_MOST_JOBS_WAITING",
    )
    most_per_user: Count = setting(
        20, "Jobs of one person that may wait at once; 0 is no limit.", _A_COUNT, "LIMNER_QUEUE_MOST_PER_USER"
    )
    seconds_per_day: Amount = setting(
        0.0,
        "Seconds of the GPU that one person gets per day; 0 is no limit.",
        _AN_AMOUNT,
        "LIMNER_QUEUE_SECONDS_PER_DAY",
    )
    drain_seconds: Amount = setting(
        30.0,
        "Seconds that the running job has to finish when the bot is told to stop; after that it is done again later.",
        _AN_AMOUNT,
        "LIMNER_QUEUE_DRAIN_SECONDS",
    )


class KeepSection(Section):
    """How long pictures are kept. Favourites and unfinished jobs' are never removed, and recipes stay."""

    pictures_days: Amount = setting(
        0.0, "Days after which a picture's file is removed; 0 is never.", _AN_AMOUNT, "LIMNER_KEEP_PICTURES_DAYS"
    )
    pictures_gigabytes: Amount = setting(
        0.0,
        "Gigabytes that all pictures may take; beyond that the oldest files go. 0 is no limit.",
        _AN_AMOUNT,
        "LIMNER_KEEP_PICTURES_GIGABYTES",
    )
    free_megabytes: Amount = setting(
        500.0,
        "Megabytes that must be free on the disk of the data folder; below that no job is accepted. 0 is no limit.",
        _AN_AMOUNT,
        "LIMNER_KEEP_FREE_MEGABYTES",
    )


class BackupSection(Section):
    """Copies of the database that the bot makes by itself. Pictures are not in them."""

    folder: str = setting(
        "",
        "Where they are put, best on another disk; the folder backups in the data folder if empty.",
        "must be the path of a folder",
        "LIMNER_BACKUP_FOLDER",
    )
    every_hours: Amount = setting(
        24.0, "Hours from one to the next; 0 makes none.", _AN_AMOUNT, "LIMNER_BACKUP_EVERY_HOURS"
    )
    keep: Annotated[int, BeforeValidator(_no_truth), Field(ge=1)] = setting(
        7, "How many stay; older ones are removed.", "must be a whole number, 1 or more", "LIMNER_BACKUP_KEEP"
    )


class MetricsSection(Section):
    """Figures for Prometheus, under /metrics, and /healthz for watchdogs."""

    address: str = setting(
        "",
        "Address and port where they are served, such as 127.0.0.1:9464; off if empty.",
        "must be an address and a port, such as 127.0.0.1:9464",
        "LIMNER_METRICS_ADDRESS",
    )
    public: bool = setting(
        False,
        "Whether other machines may reach them; anybody who does can read them.",
        "must be true or false",
        "LIMNER_METRICS_PUBLIC",
    )

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value:
            host_and_port(value)
        return value

    @model_validator(mode="after")
    def _stays_here(self) -> MetricsSection:
        if self.address and not self.public and not is_loopback(host_and_port(self.address)[0]):
            raise ValueError(
                f"[metrics] address {self.address!r} can be reached by other machines; "
                "choose one such as 127.0.0.1:9464, or set public = true"
            )
        return self


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of ``127.0.0.1:9464`` or ``[::1]:9464``. Raises `ValueError`."""
    host, _, port = address.rpartition(":")
    if not host.strip("[]") or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Configuration(BaseSettings):
    """All sections."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    discord: DiscordSection = DiscordSection()
    bot: BotSection = BotSection()
    worker: WorkerSection = WorkerSection()
    queue: QueueSection = QueueSection()
    keep: KeepSection = KeepSection()
    backup: BackupSection = BackupSection()
    metrics: MetricsSection = MetricsSection()
