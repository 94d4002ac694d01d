"""Where the bot's token comes from, and that nobody else on the machine can read it there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from limner_sdk import ConfigurationError

from .configuring import Given, beside
from .sections import DiscordSection

TOKEN: Final = "LIMNER_DISCORD_TOKEN"
TOKEN_FILE: Final = "LIMNER_DISCORD_TOKEN_FILE"
_MISSING: Final = (
    f"{TOKEN} is not set; put the bot's token from Discord into it, "
    "or into a file that token_file names below [discord] in limner.toml"
)
_LONGEST: Final = 4096


def find_token(given: Given, discord: DiscordSection) -> str:
    """The token: by variable, by the variable that names a file, or as limner.toml says.

    Raises `ConfigurationError` if there is none, or if others on this machine can read it.
    """
    by_environment, by_file = given.by_environment.get("discord", {}), given.by_file.get("discord", {})
    if given.file and by_file.get("token"):
        # Even if it is not the one that counts.
        _private(given.file, f"{given.file}: [discord] token")
    if "token" in by_environment:
        return discord.token
    if "token_file" in by_environment:
        return _from_file(Path(os.path.expanduser(discord.token_file)).absolute(), TOKEN_FILE)
    if by_file.get("token") and by_file.get("token_file"):
        raise ConfigurationError(f"{given.file}: [discord] has both token and token_file; leave one of them")
    if discord.token_file:
        return _from_file(beside(given, discord.token_file), f"{given.file}: [discord] token_file")
    if not discord.token.strip():
        raise ConfigurationError(_MISSING)
    return discord.token.strip()


def _from_file(path: Path, name: str) -> str:
    try:
        _private(path, name)
        with path.open("rb") as file:
            token = file.read(_LONGEST).decode().strip()
    except OSError as error:
        raise ConfigurationError(f"{name}: {path} cannot be read: {error.strerror or error}") from None
    except ValueError:
        token = ""
    if not token or len(token.split()) != 1:
        raise ConfigurationError(f"{name}: {path} must hold the bot's token and nothing else")
    return token


def _private(path: Path, name: str) -> None:
    """Windows keeps such rights elsewhere."""
    if os.name == "posix" and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ConfigurationError(f"{name}: everybody on this machine can read {path}; say: chmod 600 {path}")
