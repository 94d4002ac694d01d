"""Messages that must go are remembered until Discord has let them go."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import discord
from tests.bot.orders import order, result

from limner_bot.fader import Fader
from limner_bot.queue.database import Database
from limner_bot.queue.fading import Fading, FadingList
from limner_bot.queue.keepsakes import Keepsakes
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store


class _Channel:
    """Discord, as far as messages are edited there; it answers what it is told to."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.edited = list(answers), list[str]()

    def get_partial_messageable(self, _: int) -> _Channel:
        return self

    get_partial_message = get_partial_messageable

    async def edit(self, content: str, **_: Any) -> None:
        if (answer := self.answers.pop(0)) is not None:
            raise answer
        self.edited.append(content)


async def _delivered(database: Database, message: int, source: str | None = None) -> Job:
    store, ledger = Store(database), Ledger(database)
    kind = "single" if source else "imagine"
    one = replace(order(kind=kind), source_id=source)
    await store.add(one)
    if source is None:
        job = await store.start_next()
        assert job is not None
        await store.rendered(job, result())
    job = await ledger.job(one.id)
    assert job is not None
    await store.delivered(job, message, job.channel_id)
    return await ledger.job(one.id) or job


async def test_making_private_remembers_every_public_message_however_many_there_are(database: Database) -> None:
    job = await _delivered(database, 1)
    image = (await Ledger(database).images(job.id))[0].id
    for copy in range(30):
        await _delivered(database, 100 + copy, image)
    assert await Keepsakes(database).make_private(job, order().origin, 1, lambda locale: f"gone ({locale})")
    todo = await FadingList(database).next()
    assert [fading.message_id for fading in todo] == [1, *range(100, 130)]
    assert {fading.content for fading in todo} == {"gone (en)"}


async def test_what_only_a_token_reaches_is_not_waited_for(database: Database) -> None:
    job = replace(await _delivered(database, 1), by_token=True)
    assert await Keepsakes(database).make_private(job, order().origin, 1, str)
    assert await FadingList(database).next() == []


async def test_giving_up_remembers_the_copies(database: Database) -> None:
    job = await _delivered(database, 1)
    image = (await Ledger(database).images(job.id))[0].id
    await _delivered(database, 100, image)
    await Keepsakes(database).give_up(job)
    assert await FadingList(database).next() == [Fading(job.channel_id, 100, "")]


async def test_a_message_is_tried_again_until_discord_takes_it(database: Database) -> None:
    later = FadingList(database)
    await later.add(Fading(5, 1, "gone"))
    await later.add(Fading(5, 2, "gone"))
    trouble: Any = SimpleNamespace(status=500, reason="")
    missing: Any = SimpleNamespace(status=404, reason="")
    channel = _Channel(discord.DiscordServerError(trouble, ""), discord.NotFound(missing, ""), None)
    client: Any = channel
    assert not await Fader(later, client).go_on()
    assert [fading.message_id for fading in await later.next()] == [1]
    assert await Fader(later, client).go_on()
    assert (channel.edited, await later.next()) == (["gone"], [])
