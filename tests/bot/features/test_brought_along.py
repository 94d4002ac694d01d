"""A server where the bot is no member, and somebody has brought it along: only tokens of interactions open anything."""

from __future__ import annotations

from typing import Any

from tests.bot.bench import Bench, labels
from tests.loopback import Channel, Message


def away(bench: Bench) -> Channel:
    """A channel of such a server, with alice in it."""
    foreign = bench.discord.add_guild("foreign", installed=False)
    foreign.add_member(bench.alice)
    bench.alice.has_app = True
    return foreign.add_channel("away")


async def choose(bench: Bench, message: Message, verb: str) -> Any:
    """Choose the first entry of a verb."""
    (menu,) = [part for row in message.components for part in row["components"] if part["type"] == 3]
    value = next(option["value"] for option in menu["options"] if option["value"].partition(":")[0] == verb)
    return await bench.alice.select(message, value, menu=menu["custom_id"])


async def test_several_results_are_public_knock_on_no_closed_door_and_can_be_deleted(bench: Bench) -> None:
    """What Discord refuses is a violation, so there is no 403 in all of it."""
    place = away(bench)
    grid = await bench.result(await (await bench.alice.slash(place, "imagine", prompt="a circle", count=2)).response())
    sent = await bench.alice.submit_modal(await choose(bench, grid, "pf"), {"Which picture": "All of them"})
    assert (await bench.says(sent, "2 jobs are queued")).ephemeral
    await bench.found("SELECT count(*) FROM jobs WHERE kind = 'finish' AND state = 'delivered'", [(2,)])
    assert [(bool(each.attachments), each.ephemeral) for each in sent.followups] == [(True, False)] * 2
    assert "Cancel" not in labels(sent.followups[0])
    for message in (sent.followups[1], grid):
        asked = await choose(bench, message, "d")
        assert "for good?" in asked.modal["components"][0]["content"]
        told = await (await bench.alice.submit_modal(asked)).followup()
        assert (told.content, told.ephemeral, message.deleted) == ("Deleted.", True, True)
    assert bench.query("SELECT count(*) FROM images WHERE gone IS NULL") == [(1,)]
