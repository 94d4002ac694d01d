"""``limner invite``: the link by which a server's admin invites the bot, with exactly what it uses."""

from __future__ import annotations

import argparse
import base64
import binascii
from collections.abc import Sequence
from typing import Final

from limner_bot.main import add_config, failed
from limner_bot.operating.settings import Settings
from limner_sdk import ConfigurationError

#: What the bot does in a server: it shows itself, posts pictures below its commands, and finds its own messages again.
PERMISSIONS: Final = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "embed_links",
    "attach_files",
    "read_message_history",
)
SCOPES: Final = ("bot", "applications.commands")


def command(arguments: Sequence[str]) -> int:
    """Print the link; the exit code."""
    parser = argparse.ArgumentParser("limner invite", description="Print the link that invites the bot to a server.")
    parser.add_argument("--id", type=int, metavar="ID", help="the application's id; else the token tells it")
    add_config(parser)
    given = parser.parse_args(arguments)
    try:
        application = given.id or application_of(Settings.from_environment(file=given.config).token)
    except ConfigurationError as error:
        return failed(error, 2)
    print(link(application))
    return 0


def application_of(token: str) -> int:
    """The application's id, which is the first part of its bot's token. Raises `ConfigurationError`."""
    first = token.split(".")[0]
    try:
        return int(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii"))
    except (binascii.Error, ValueError):
        raise ConfigurationError(
            "the token does not tell the application's id; say limner invite --id ID, "
            "with the one on Discord's developer pages"
        ) from None


def link(application: int) -> str:
    """Discord's page that invites an application with the permissions and scopes that the bot uses."""
    import discord

    permissions = discord.Permissions(**dict.fromkeys(PERMISSIONS, True))
    return discord.utils.oauth_url(application, permissions=permissions, scopes=SCOPES)
