"""What goes wrong: Discord's errors for the bot, and what the client tells the scripted user.

DiscordError                     an HTTP error with Discord's code, sent to the bot
UserCannot                       the client would not let the user do that
└── ApplicationDidNotRespond     "The application did not respond": no answer within 3 s
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]


class Problem(NamedTuple):
    """One broken rule of a request body: where, Discord's name for it, and the words."""

    path: tuple[str | int, ...]
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path)) or 'body'}: {self.message}"


class DiscordError(Exception):
    """An error reply: HTTP status, Discord's numeric code, message and form problems."""

    def __init__(
        self, status: int, code: int, message: str, problems: Iterable[Problem] = ()
    ) -> None:
        self.status, self.code, self.message = status, code, message
        self.problems = tuple(problems)
        super().__init__("; ".join([f"{status} {code} {message}", *map(str, self.problems)]))

    def body(self) -> Json:
        """Return the JSON that Discord would send."""
        body: Json = {"message": self.message, "code": self.code}
        if self.problems:
            body["errors"] = _nested(self.problems)
        return body


def _nested(problems: Iterable[Problem]) -> Json:
    tree: Json = {}
    for problem in problems:
        node = tree
        for step in problem.path:
            node = node.setdefault(str(step), {})
        leaf = {"code": problem.code, "message": problem.message}
        node.setdefault("_errors", []).append(leaf)
    return tree


def invalid_form(problems: Iterable[Problem]) -> DiscordError:
    """50035, the answer to every body that breaks a rule."""
    return DiscordError(400, 50035, "Invalid Form Body", problems)


def require(problems: Iterable[Problem]) -> None:
    """Raise 50035 with all problems, if there are any."""
    found = list(problems)
    if found:
        raise invalid_form(found)


def unauthorized() -> DiscordError:
    """A missing or wrong bot token."""
    return DiscordError(401, 0, "401: Unauthorized")


def unknown(what: str, code: int) -> DiscordError:
    """404 for a message, channel, interaction, command and so on."""
    return DiscordError(404, code, f"Unknown {what}")


def already_acknowledged() -> DiscordError:
    """A second first answer."""
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")


def expired_token() -> DiscordError:
    """An interaction token older than 15 minutes."""
    return DiscordError(401, 50027, "Invalid Webhook Token")


def missing_access() -> DiscordError:
    """A channel that the bot cannot see."""
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    """A channel where the bot may look but not do this."""
    return DiscordError(403, 50013, "Missing Permissions")


def too_large() -> DiscordError:
    """A file or request over the upload limit."""
    return DiscordError(413, 40005, "Request entity too large")


def empty_message() -> DiscordError:
    """Neither text, embed, file nor component."""
    return DiscordError(400, 50006, "Cannot send an empty message")


class UserCannot(Exception):
    """The Discord client would not let this user do that; the message says why."""


class ApplicationDidNotRespond(UserCannot):
    """The bot did not acknowledge the interaction within 3 s."""
