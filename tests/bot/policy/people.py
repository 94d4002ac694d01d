"""Interactions as far as decisions look at them, and a house's admission on a real database."""

from __future__ import annotations

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any, Final

from tests.bot.stub_host import catalogue

from limner_bot.admission import Admission
from limner_bot.asking.menu import Menu
from limner_bot.operating.sections import QueueSection
from limner_bot.policy.place import Place
from limner_bot.policy.policies import Policies
from limner_bot.queue.database import Database
from limner_sdk import Request

GUILD: Final = 9
CHANNEL: Final = 5
#: Noon of a day, in Unix seconds.
NOON: Final = 20_000 * 86400.0 + 43200


class Clock:
    """A clock that stands until somebody moves it."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> float:
        return self.moment


def interaction(
    user: int = 1,
    guild: int | None = GUILD,
    roles: Collection[int] = (),
    *,
    nsfw: bool = False,
    parent: int | None = None,
) -> Any:
    """Somebody acts in a channel."""
    channel = SimpleNamespace(id=CHANNEL, is_nsfw=lambda: nsfw)
    if parent is not None:
        channel.parent_id = parent
    person = SimpleNamespace(id=user, roles=[SimpleNamespace(id=role) for role in roles])
    return SimpleNamespace(user=person, guild_id=guild, channel_id=CHANNEL, channel=channel)


def place(user: int = 1, **there: Any) -> Place:
    """The place of such an interaction."""
    return Place.of(interaction(user, **there))


def asked(prompt: str = "a circle", **changes: Any) -> Request:
    """A request for pictures."""
    return Request.parse({"prompt": prompt, "count": 4} | changes)


async def opened(database: Database, clock: Clock | None = None) -> Policies:
    """The decisions that stand in a database."""
    policies = Policies(database, clock or Clock())
    await policies.load()
    return policies


def admission(policies: Policies, clock: Clock | None = None, **queue: Any) -> Admission:
    """The admission of a house whose host offers what the stub host does."""
    return Admission(Menu(catalogue()), policies, QueueSection(**queue), clock or Clock())
