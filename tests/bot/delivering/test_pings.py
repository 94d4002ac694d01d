"""Who is pinged when their pictures are there, and that nobody is twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import discord
import pytest
from tests.bot.orders import order, result

from limner_bot.delivering.pings import LONG, Pings
from limner_bot.policy.preferences import Ping
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job, Order
from limner_bot.queue.store import Store
from limner_bot.words import Dictionary


@dataclass
class Client:
    """Discord: it keeps what was sent, or refuses."""

    sent: list[str] = field(default_factory=list)
    error: Exception | None = None

    def get_partial_messageable(self, _: int) -> Client:
        return self

    async def send(self, content: str, **options: Any) -> None:
        if self.error is not None:
            raise self.error
        assert [person.id for person in options["allowed_mentions"].users] == [1]
        self.sent.append(content)


@pytest.fixture
def client() -> Client:
    return Client()


def pings(database: Database, client: Client, wanted: Ping | None = None, later: float = LONG + 1) -> Pings:
    """Of a moment that is `later` than all jobs."""
    store, anything = Store(database), client
    fake: Any = anything
    return Pings(fake, store, Ledger(database), Dictionary(), lambda _: wanted, lambda: store.now() + later)


async def delivered(database: Database, asked: Order | None = None) -> Job:
    """A job as it is when it has just been delivered into message 77; what comes back is from before."""
    store, asked = Store(database), asked or order()
    await store.add(asked)
    await store.place(asked.id, 77)
    job = await store.start_next()
    assert job is not None
    await store.rendered(job, result())
    rendered = await Ledger(database).job(job.id)
    assert rendered is not None
    await store.delivered(rendered, 77, rendered.channel_id)
    return rendered


async def test_what_took_long_pings_once_with_a_link(database: Database, client: Client) -> None:
    job = await delivered(database)
    for _ in range(3):
        await pings(database, client).after(job, 77)
    assert client.sent == ["<@1> your pictures are ready: https://discord.com/channels/9/5/77"]


@pytest.mark.parametrize(
    ("wanted", "later", "pinged"),
    [(None, 5, 0), (None, 61, 1), ("long", 61, 1), ("always", 5, 1), ("never", 900, 0)],
)
async def test_people_choose_when(
    database: Database, client: Client, wanted: Ping | None, later: float, pinged: int
) -> None:
    await pings(database, client, wanted, later).after(await delivered(database), 77)
    assert len(client.sent) == pinged


async def test_private_jobs_and_new_messages_ping_nobody(database: Database, client: Client) -> None:
    asked = order()
    await pings(database, client).after(
        await delivered(database, replace(asked, origin=replace(asked.origin, private=True))), 77
    )
    # It stands in a message of its own, which has pinged.
    await pings(database, client).after(await delivered(database), 78)
    assert client.sent == []


async def test_jobs_of_one_command_ping_once_when_the_last_is_there(database: Database, client: Client) -> None:
    first = order()
    second = replace(order(), origin=first.origin, part=1)
    await Store(database).add(first, second)
    early = await delivered(database, first)
    await pings(database, client).after(early, 77)
    assert client.sent == []
    await Store(database).place(second.id, 77)
    running = await Store(database).start_next()
    assert running is not None
    await Store(database).rendered(running, result())
    late = await Ledger(database).job(second.id)
    assert late is not None
    await Store(database).delivered(late, 77, 5)
    await asyncio.gather(*(pings(database, client).after(job, 77) for job in (early, late)))
    assert len(client.sent) == 1


async def test_a_ping_that_cannot_be_sent_is_let_go(database: Database, client: Client) -> None:
    client.error = discord.RateLimited(60)
    job = await delivered(database)
    await pings(database, client).after(job, 77)
    client.error = None
    await pings(database, client).after(job, 77)
    assert client.sent == []
