"""Bans hold where they were spoken, end by themselves, and outlive the bot."""

from __future__ import annotations

import pytest
from tests.bot.policy.people import GUILD, Clock, opened

from limner_bot.policy.bans import seconds_of
from limner_bot.queue.database import Database
from limner_sdk import InvalidRequest


async def test_a_ban_holds_in_its_server_alone(database: Database) -> None:
    bans = (await opened(database)).bans
    await bans.add(GUILD, 1, 3600, "spam", 7)
    assert (ban := bans.on(1, GUILD)) is not None
    assert (ban.reason, ban.by_id) == ("spam", 7)
    assert [bans.on(1, guild) for guild in (8, None)] == [None, None]
    assert bans.on(2, GUILD) is None


async def test_a_ban_everywhere_holds_in_direct_messages_too(database: Database) -> None:
    bans = (await opened(database)).bans
    await bans.add(0, 1, None, "", 7)
    assert all(bans.on(1, guild) for guild in (GUILD, 8, None))


async def test_a_ban_ends_without_a_restart(database: Database) -> None:
    clock = Clock()
    bans = (await opened(database, clock)).bans
    await bans.add(GUILD, 1, 3600, "", 7)
    clock.moment += 3599
    assert bans.on(1, GUILD)
    clock.moment += 1
    assert bans.on(1, GUILD) is None
    assert bans.all(GUILD) == []
    assert not await bans.remove(GUILD, 1, 7)


async def test_bans_are_there_after_a_restart_and_ended_ones_are_not(database: Database) -> None:
    clock = Clock()
    bans = (await opened(database, clock)).bans
    await bans.add(GUILD, 1, 60, "", 7)
    await bans.add(GUILD, 2, None, "why", 7)
    clock.moment += 61
    again = (await opened(database, clock)).bans
    assert [ban.user_id for ban in again.all(GUILD)] == [2]
    await again.add(GUILD, 3, None, "", 7)
    assert [row[0] for row in await database.rows("SELECT user_id FROM bans ORDER BY user_id")] == [2, 3]


async def test_a_new_ban_takes_the_place_of_the_old_one(database: Database) -> None:
    bans = (await opened(database)).bans
    await bans.add(GUILD, 1, 60, "first", 7)
    await bans.add(GUILD, 1, None, "second", 8)
    assert [(ban.reason, ban.until) for ban in bans.all(GUILD)] == [("second", None)]
    assert await bans.remove(GUILD, 1, 7)
    assert bans.on(1, GUILD) is None
    assert (await opened(database)).bans.on(1, GUILD) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3h", 10800), ("7d", 604800), ("1d 12h", 129600), ("30M", 1800), ("90s", 90), ("2w", 1209600), ("", None)],
)
def test_lengths_of_time_are_read(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["soon", "3", "h", "-3h", "0h", "99999w", "3h!", "9" * 400 + "h"])
def test_what_is_no_length_of_time_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidRequest, match="until: "):
        seconds_of(text)
