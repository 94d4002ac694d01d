"""The ways into Discord: which one a result takes, that it takes one only, and what closes a door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import discord
import pytest
from tests.bot.hall import Hall, opened_hall, picture
from tests.loopback import Permission, limits

from limner_bot.delivering import doors
from limner_bot.delivering.doors import Nowhere, TokenRevoked
from limner_bot.delivering.posts import Post, cancel_press
from limner_bot.delivering.rejections import MANY, TOO_MANY, WINDOW, Rejections
from limner_bot.queue.records import Job
from limner_bot.words.language import words_in

ENGLISH = words_in("en")


@pytest.fixture
async def hall(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hall]:
    monkeypatch.setattr(doors, "FIRST_PAUSE", 0.01)
    async with opened_hall() as opened:
        yield opened


async def deliver(hall: Hall, job: Job, post: Post | None = None) -> list[int]:
    """Deliver; the sizes that were asked for."""
    sizes: list[int] = []

    async def compose(most_bytes: int) -> Post:
        sizes.append(most_bytes)
        made = post or picture(job)
        return made if most_bytes else replace(made, files=(), content="no file")

    await hall.doors.deliver(job, compose)
    return sizes


async def test_what_discord_finds_too_large_comes_smaller_and_in_the_end_without_a_file(hall: Hall) -> None:
    job, interaction = await hall.asked(size_limit=25 * 2**20)
    hall.discord.fail_next("PATCH", "@original", status=413, times=2)
    assert [round(size / 2**20) for size in await deliver(hall, job)] == [25, 10, 5]
    assert interaction.original in hall.shown()
    job, interaction = await hall.asked()
    hall.discord.fail_next("PATCH", "@original", status=413, times=4)
    assert (await deliver(hall, job))[-1] == 0
    assert interaction.original is not None
    assert interaction.original.content == "no file"
    assert hall.opened == ["answer", "answer"]


async def test_a_message_that_is_always_wrong_is_tried_three_times_at_each_door_and_no_more(hall: Hall) -> None:
    job, _ = await hall.asked()
    hall.discord.fail_next("PATCH", "/messages/", status=400, code=50035, times=99)
    before = len(hall.discord.requests)
    await deliver(hall, job, replace(picture(job), presses=cancel_press(ENGLISH, job)))
    tried = [request.method for request in hall.discord.requests[before:]]
    assert tried.count("PATCH") == 6
    assert hall.opened == ["channel"]
    hall.discord.fail_next("POST", "/messages", status=400, code=50035, times=99)
    job, _ = await hall.asked()
    with pytest.raises(Nowhere):
        await deliver(hall, job)
    assert hall.opened == ["channel", "nowhere"]


async def test_less_and_less_of_a_wrong_message_is_sent(hall: Hall) -> None:
    job, interaction = await hall.asked()
    post = replace(picture(job), presses=cancel_press(ENGLISH, job))
    hall.discord.fail_next("PATCH", "@original", status=400, code=50035)
    await deliver(hall, job, post)
    (message,) = hall.shown()
    assert not message.buttons()
    job, interaction = await hall.asked()
    hall.discord.fail_next("PATCH", "@original", status=400, code=50035, times=2)
    await deliver(hall, job, post)
    assert interaction.original is not None
    assert interaction.original.content == "no file"


async def test_too_many_edits_of_an_old_message_send_the_result_by_the_channel(hall: Hall) -> None:
    job, _ = await hall.asked()
    hall.discord.fail_next("PATCH", "/channels/", status=429, code=30046, times=99, retry_after=0.01)
    await deliver(hall, hall.old(job))
    assert hall.opened == ["channel"]
    assert len(hall.shown()) == 1
    assert hall.rejections.count <= 6


async def test_limits_are_waited_for(hall: Hall) -> None:
    for pattern in ("@original", "/channels/"):
        job, _ = await hall.asked()
        job = job if pattern == "@original" else hall.old(job)
        hall.discord.fail_next("PATCH", pattern, status=429, times=7, retry_after=0.01)
        await deliver(hall, job)
    assert hall.opened == ["answer", "edit"]
    assert hall.rejections.count == 14
    assert len(hall.shown()) == 2


async def test_pictures_are_hidden_where_the_server_wants_it(hall: Hall) -> None:
    hall.hidden = True
    job, interaction = await hall.asked()
    await hall.doors.refresh(job, picture(job, "a preview"))
    assert interaction.original is not None
    assert interaction.original.files[0].filename.startswith("SPOILER_limner-")
    await deliver(hall, hall.old(job))
    (message,) = hall.shown()
    assert [file.filename for file in message.files] == [f"SPOILER_limner-{job.id}.png"]


async def test_a_job_with_a_message_of_its_own_uses_it_for_everything(hall: Hall) -> None:
    job, interaction = await hall.part()
    posted = await hall.doors.open(job, Post("Place 3"))
    job = replace(job, message_id=posted.message_id)
    await hall.doors.refresh(job, Post("50%"))
    own = hall.channel.messages[-1]
    assert own.content == "50%"
    await deliver(hall, job)
    assert hall.shown() == [own]
    assert interaction.original is not None
    assert interaction.original.content == "6 jobs"
    assert hall.opened == ["edit"]
    assert not [
        request for request in hall.discord.requests if request.method == "PATCH" and "webhooks" in request.path
    ]


@pytest.mark.parametrize("readable", [True, False], ids=["found", "by its nonce"])
async def test_a_message_that_nobody_remembers_becomes_the_result(hall: Hall, readable: bool) -> None:
    """The bot was killed after it had sent the placeholder, before it had written down which one."""
    job, _ = await hall.part()
    await hall.doors.open(job, Post("Place 3"))
    if not readable:
        hall.channel.bot_permissions &= ~Permission.READ_MESSAGE_HISTORY
    await deliver(hall, job)
    await deliver(hall, job)
    assert len(hall.channel.messages) == 2
    assert len(hall.shown()) == 1
    assert hall.opened == ["channel", "channel"]
    hall.forgiven(50013)


async def test_a_failure_of_a_part_is_told_in_private_and_its_message_goes(hall: Hall) -> None:
    job, _ = await hall.part(state="failed")
    job = replace(job, message_id=(await hall.doors.open(job, Post("Place 3"))).message_id)
    await hall.doors.deliver(job, _always(Post("no", private=True)))
    seen = [(message.content, message.ephemeral) for message in hall.channel.messages]
    assert seen == [("6 jobs", False), ("no", True)]
    assert hall.opened == ["private"]
    hall.forgiven(10008)


async def test_what_is_private_comes_to_the_person_alone_whatever_happens(hall: Hall) -> None:
    job, interaction = await hall.asked(private=True)
    await deliver(hall, job)
    assert interaction.original is not None
    assert interaction.original.ephemeral
    late, _ = await hall.asked(private=True)
    await deliver(hall, hall.old(late))
    await deliver(hall, hall.old(late))
    assert len(hall.shown(hall.alice.direct_messages())) == 1
    assert all(message.ephemeral for message in hall.channel.messages)
    assert hall.opened == ["answer", "direct", "direct"]


async def test_closed_direct_messages_leave_nowhere(hall: Hall) -> None:
    hall.alice.accepts_direct_messages = False
    job, _ = await hall.asked(private=True)
    with pytest.raises(Nowhere):
        await deliver(hall, hall.old(job))
    hall.forgiven(50007)


async def test_a_locked_thread_a_lost_permission_and_a_kick_lead_to_direct_messages(hall: Hall) -> None:
    direct = hall.alice.direct_messages()
    thread = hall.guild.add_thread(hall.channel, "talk")
    job, interaction = await hall.asked(thread)
    assert interaction.original is not None
    hall.discord.world.delete(interaction.original)
    thread.archived = thread.locked = True
    await deliver(hall, job)
    assert len(hall.shown(direct)) == 1
    job, _ = await hall.asked()
    hall.channel.bot_permissions = Permission.NONE
    await deliver(hall, hall.old(job))
    assert len(hall.shown(direct)) == 2
    hall.forgiven(10008, 50083, 50001)
    job, _ = await hall.asked()
    other = hall.discord.add_guild("other")
    other.add_member(hall.alice)
    hall.guild.remove_app()
    await deliver(hall, job)
    assert len(hall.shown(direct)) == 3
    other.remove_app()
    with pytest.raises(Nowhere):
        await deliver(hall, replace(job, id="0" * 16))
    assert hall.opened == ["direct"] * 3 + ["nowhere"]
    hall.forgiven(10015, 50001, 50278)


async def test_a_person_who_brought_the_bot_gets_five_messages_and_the_rest_directly(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_WINDOW", 100)
    foreign = hall.discord.add_guild("foreign", installed=False)
    place = foreign.add_channel("away")
    foreign.add_member(hall.alice)
    hall.alice.has_app = True
    job, interaction = await hall.asked(place)
    await deliver(hall, job)
    assert interaction.original in hall.shown(place)
    parts = [replace(job, id=f"{number:016x}", part=number, message_id=None) for number in range(1, 7)]
    for part in parts[:5]:
        posted = await hall.doors.open(part, Post("waits"))
        await deliver(hall, replace(part, message_id=posted.message_id))
    with pytest.raises(discord.HTTPException, match="Max number of follow-up"):
        await hall.doors.open(parts[5], Post("waits"))
    await deliver(hall, parts[5])
    assert len(hall.shown(place)) == 6
    assert hall.opened == ["answer"] * 6 + ["direct"]
    hall.forgiven(50001, 40094)


async def test_where_the_bot_is_no_member_it_knocks_on_no_door_of_its_own(hall: Hall) -> None:
    """Nothing is forgiven at the end, so nothing was refused."""
    foreign = hall.discord.add_guild("foreign", installed=False)
    place = foreign.add_channel("away")
    foreign.add_member(hall.alice)
    hall.alice.has_app = True
    job, _ = await hall.asked(place, by_token=True, part=1, message_id=None)
    job = replace(job, message_id=(await hall.doors.open(job, Post("waits"))).message_id)
    await hall.doors.refresh(job, Post("50%"))
    await deliver(hall, job)
    assert len(hall.shown(place)) == 1
    with pytest.raises(doors.Closed):
        await hall.doors.refresh(hall.old(job), Post("75%"))
    await deliver(hall, replace(hall.old(job), id="0" * 16))
    assert hall.opened == ["answer", "direct"]


async def test_a_token_that_is_revoked_ends_everything_and_one_mistake_does_not(hall: Hall) -> None:
    job, _ = await hall.asked()
    job = hall.old(job)
    hall.discord.fail_next("PATCH", "/channels/", status=401)
    await deliver(hall, job)
    hall.discord.world.reset_token()
    before = len(hall.discord.requests)
    with pytest.raises(TokenRevoked, match="LIMNER_DISCORD_TOKEN"):
        await deliver(hall, job)
    assert len(hall.discord.requests) - before == 2
    hall.forgiven(0)


async def test_what_discord_refuses_is_counted_and_then_held_back(hall: Hall) -> None:
    now = 0.0
    counting = Rejections(lambda: now)
    for status, scope in ((200, ""), (404, ""), (429, "shared"), (401, ""), (403, ""), (429, "user")):
        counting.note(status, scope)
    assert counting.count == 3
    now = WINDOW + 1
    assert counting.count == 0
    job, _ = await hall.asked()
    for _ in range(MANY):
        hall.rejections.note(403)
    with pytest.raises(doors.Closed, match="refused too much"):
        await hall.doors.refresh(job, Post("50%"))
    await deliver(hall, job)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(deliver(hall, hall.old(job)), 0.2)
    assert hall.opened == ["answer"]
    assert TOO_MANY < 1000


def _always(post: Post) -> doors.Compose:
    async def compose(_: int) -> Post:
        return post

    return compose
