"""`limner doctor`: is everything here that the studio and the bot need?"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import click
from packaging.version import Version
from rich.text import Text

from limner_sdk import LimnerError, __version__
from limner_sdk.folders import DataFolder

from .terminal import Terminal

#: Below these, known holes are open: code execution while loading weights, image bombs.
FLOORS: Final = {"torch": "2.10", "diffusers": "0.34", "transformers": "5.3", "pillow": "12.3"}
OPTIONAL: Final = ("discord.py", "aiosqlite")
#: The first SQLite without the bug that two writing connections can damage a database through.
SQLITE_FLOOR: Final = (3, 51, 3)
LEAST_FREE_BYTES: Final = 2**30

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    status: Status
    detail: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def doctor(as_json: bool) -> int:
    """Check versions, device, weights, database and permissions; exit code 1 if something fails.

    It knows the variables of the environment, and not what limner.toml says; `limner config check` does.
    """
    findings = examine(DataFolder.from_environment())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _print(findings)
    return 1 if any(finding.status == "fail" for finding in findings) else 0


def examine(data: DataFolder) -> list[Finding]:
    """Everything that the doctor looks at; a look that raises is a finding too."""
    looks: tuple[Callable[[DataFolder], Iterator[Finding]], ...] = (
        _versions,
        _device,
        _limits,
        _weights,
        _plugins,
        _database,
        _permissions,
        _bot,
    )
    findings: list[Finding] = []
    for look in looks:
        try:
            findings.extend(look(data))
        except (LimnerError, OSError, ImportError, sqlite3.Error) as error:
            findings.append(Finding(look.__name__.strip("_"), "fail", str(error)))
    return findings


def _versions(data: DataFolder) -> Iterator[Finding]:
    yield Finding("limner", "ok", __version__)
    yield Finding("python", "ok", platform.python_version())
    for name, floor in FLOORS.items():
        yield _version(name, floor)
    for name in OPTIONAL:
        installed = _installed(name)
        yield Finding(name, "ok" if installed else "warn", installed or "not installed")
    sqlite = sqlite3.sqlite_version_info >= SQLITE_FLOOR
    note = "" if sqlite else " (older than 3.51.3; safe here, because only one connection writes)"
    yield Finding("sqlite", "ok" if sqlite else "warn", sqlite3.sqlite_version + note)


def _version(name: str, least: str) -> Finding:
    installed = _installed(name)
    if installed is None:
        return Finding(name, "fail", f"not installed; pip install 'limner[host]' brings {least} or newer")
    sound = Version(installed) >= Version(least)
    return Finding(name, "ok" if sound else "warn", installed + ("" if sound else f"; {least} closes known holes"))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _device(data: DataFolder) -> Iterator[Finding]:
    from limner_host.device import best_device, best_dtype, free_memory

    device = best_device()
    gigabytes = free_memory(device) / 2**30
    precision = str(best_dtype(device)).removeprefix("torch.")
    yield Finding("device", "ok", f"{device}, {precision}, {gigabytes:.1f} GB free")


def _limits(data: DataFolder) -> Iterator[Finding]:
    from limner_host.limits import Limits

    yield Finding("largest picture", "ok", f"{Limits.from_environment().pixels / 1e6:.1f} megapixels")


def _weights(data: DataFolder) -> Iterator[Finding]:
    from limner_host.house import open_registry, open_studio

    studio = open_studio(data)
    for offer in open_registry(data).models:
        try:
            digest = studio.model(offer).digest
            yield Finding(f"model {offer.name}", "ok", f"{offer.definition.family}, {digest[:10]}")
        except LimnerError as error:
            yield Finding(f"model {offer.name}", "fail", str(error))


def _plugins(data: DataFolder) -> Iterator[Finding]:
    from limner_host.house import open_registry

    entries = open_registry(data).catalogue().plugins
    broken = [entry.name for entry in entries if entry.status == "broken"]
    yield Finding("plugins", "ok", f"{len(entries) - len(broken)} work")
    for name in broken:
        yield Finding(f"plugin {name}", "warn", "broken; `limner plugins` tells why")


def _database(data: DataFolder) -> Iterator[Finding]:
    if not data.database.exists():
        yield Finding("database", "ok", "none yet; `limner bot` makes it")
        return
    with closing(sqlite3.connect(f"{data.database.as_uri()}?mode=ro", uri=True)) as database:
        answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
    yield Finding("database", "ok" if answer == "ok" else "fail", f"version {version}, {answer}")


def _permissions(data: DataFolder) -> Iterator[Finding]:
    place = _nearest_existing(data.root)
    writable = os.access(place, os.W_OK)
    detail = str(data.root) if writable else f"{data.root} cannot be written to"
    yield Finding("data folder", "ok" if writable else "fail", detail)
    if data.root.exists() and os.name == "posix" and data.root.stat().st_mode & 0o077:
        yield Finding("privacy", "warn", f"others can look into {data.root}; chmod 700 closes it")
    free = shutil.disk_usage(place).free
    detail = f"{free / 2**30:.1f} GB free"
    yield Finding("disk", "ok" if free >= LEAST_FREE_BYTES else "warn", detail)


def _nearest_existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


def _bot(data: DataFolder) -> Iterator[Finding]:
    # limner.toml is the bot's: whether there is a token in it, the bot's own command knows.
    given = "is set" if os.environ.get("LIMNER_DISCORD_TOKEN") else "is not set"
    yield Finding("bot", "ok", f"LIMNER_DISCORD_TOKEN {given}; `limner config check` looks into limner.toml as well")


def _print(findings: list[Finding]) -> None:
    console = Terminal()
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    for finding in findings:
        status = Text(f"{finding.status:<5}", colours[finding.status])
        console.print(status.append(f"{finding.subject:<18}{finding.detail}", "default"), soft_wrap=True)
