"""Favourites, originals, privacy and deletion."""

from __future__ import annotations

import asyncio

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import click, image, job

from limner_bot.queue.database import open_database
from limner_bot.queue.keepsakes import Keepsakes
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Origin


async def test_a_favourite_is_one_until_it_is_clicked_again(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    assert (await bench.says(await bench.bob.press(single, "Favourite"), "one of your favourites now")).ephemeral
    assert bench.query("SELECT user_id, image_id FROM favourites") == [(int(bench.bob.id), image(bench))]
    await bench.says(await bench.bob.press(single, "Favourite"), "none of your favourites")
    assert bench.query("SELECT count(*) FROM favourites") == [(0,)]


async def test_the_original_comes_privately_and_byte_for_byte(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2)
    said = await bench.says(await click(bench, bench.bob, grid, f"o:{image(bench, 2)}"), "as it was made")
    assert said.ephemeral
    assert said.attachments[0].data == _file(bench, "2.png")
    await (await bench.admin.slash(bench.channel, "rules metadata", on=False)).final_response()
    bare = await bench.says(await click(bench, bench.bob, grid, f"o:{image(bench, 2)}"), "without its settings")
    assert bare.ephemeral
    assert bare.attachments[0].data.startswith(b"\x89PNG")
    assert bare.attachments[0].data != said.attachments[0].data
    mine = await bench.says(await click(bench, bench.alice, grid, f"o:{image(bench, 2)}"), "with its settings")
    assert mine.attachments[0].data == said.attachments[0].data
    await (await bench.admin.slash(bench.channel, "rules metadata", on=True)).final_response()
    with (bench.data / "limner" / "pictures" / job(bench) / "2.png").open("ab") as file:
        file.write(bytes(11 * 2**20))
    too_large = await click(bench, bench.bob, grid, f"o:{image(bench, 2)}")
    assert (await bench.says(too_large, "and this place takes")).ephemeral


async def test_a_picture_that_was_posted_again_elsewhere_can_be_kept_there(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    lab, action = bench.guild.add_channel("lab"), f"o:{image(bench)}"
    there = await bench.bob.send(lab, "a place for buttons")
    there.author = single.author
    await bench.says(await click(bench, bench.bob, there, action), "belongs to another channel")
    history = await (await bench.alice.slash(lab, "history")).final_response()
    await bench.alice.select(history, history.components[0]["components"][0]["options"][0]["value"])
    await bench.until(lambda: "Back" in labels(history), "the picture")
    copy = await bench.press(history, "Post here")
    assert (await bench.says(await click(bench, bench.bob, copy, action), "as it was made")).ephemeral
    await bench.says(await click(bench, bench.bob, copy, f"f:{image(bench)}"), "one of your favourites now")


async def test_making_private_empties_the_message_and_gives_the_owner_the_pictures(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2)
    copy = await bench.press(grid, "U1", bench.bob)
    await bench.state("delivered")
    refused = await click(bench, bench.bob, grid, f"k:{_first(bench)}")
    assert (await bench.says(refused, "Only the person who asked")).ephemeral
    clicked = await click(bench, bench.alice, grid, f"k:{_first(bench)}")
    await bench.until(lambda: clicked.followups and clicked.followups[0].attachments, "the private pictures")
    mine = clicked.followups[0]
    assert mine.ephemeral
    assert labels(mine)[:2] == ["U1", "U2"]
    for message in (grid, copy):
        await bench.until(lambda message=message: not message.attachments, "the emptied message")
        assert "has made this private" in message.content
        assert not message.buttons()
        assert message.pinged <= {bench.alice, bench.bob}
    stolen = await click(bench, bench.bob, grid, f"v:{image(bench)}")
    assert (await bench.says(stolen, "This picture is private")).ephemeral
    again = await click(bench, bench.alice, grid, f"k:{_first(bench)}")
    assert (await bench.says(again, "private already")).ephemeral


async def test_a_kill_in_the_middle_of_making_private_brings_the_pictures_as_a_direct_message(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2)
    await bench.state("delivered")
    await bench.kill()
    async with open_database(bench.data / "limner" / "limner.sqlite3") as database:
        job = await Ledger(database).job(_first(bench))
        assert job is not None
        origin = Origin(job.user_id, job.guild_id, job.channel_id, 1, "token", 2e9, 10**7, private=True)
        assert await Keepsakes(database).make_private(job, origin, 1, lambda _: "has gone")
        assert not await Keepsakes(database).make_private(job, origin, 1, lambda _: "has gone")
    await bench.start()
    await bench.found("SELECT private, state FROM jobs", [(1, "delivered")])
    direct = bench.alice.direct_messages().messages
    assert [bool(message.attachments) for message in direct] == [True]
    await bench.until(lambda: grid.content == "has gone" and not grid.attachments, "the emptied message")


async def test_deleting_asks_once_and_leaves_what_others_have_made_of_it(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2)
    parent = _first(bench)
    copy = await bench.press(grid, "U1", bench.bob)
    child = await bench.press(grid, "V2", bench.bob)
    await bench.state("delivered")
    link = f"/{grid.id}"
    assert link in child.content
    asked = await bench.says(await click(bench, bench.alice, grid, f"d:{parent}"), "for good?")
    assert asked.ephemeral
    confirmed = await bench.alice.press(asked, "Delete")
    await bench.until(lambda: asked.content == "Deleted.", "that it is deleted")
    assert grid.deleted
    await bench.until(lambda: copy.deleted, "the deleted copy")
    assert not asked.buttons()
    assert confirmed.acknowledged_after is not None
    assert not (bench.data / "limner" / "pictures" / parent).exists()
    assert bench.query(f"SELECT count(*) FROM images WHERE job_id = '{parent}' AND gone IS NULL") == [(0,)]
    assert link not in child.content
    assert "Variations of picture 2" in child.content
    assert child.attachments
    again = await bench.press(child, "V1")
    assert again.attachments


async def test_deleting_needs_its_owner_or_a_moderator_and_a_yes(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2)
    await bench.state("delivered")
    action = f"d:{_first(bench)}"
    assert (await bench.says(await click(bench, bench.bob, grid, action), "Only the person who asked")).ephemeral
    asked = await bench.says(await click(bench, bench.alice, grid, action), "for good?")
    await bench.alice.press(asked, "Keep it")
    await bench.until(lambda: asked.content == "Nothing was deleted.", "that nothing was deleted")
    asked = await bench.says(await click(bench, bench.admin, grid, action), "for good?")
    await bench.admin.press(asked, "Delete")
    await bench.until(lambda: grid.deleted, "the deleted message")
    acts = "SELECT action, user_id FROM audit"
    await bench.found(acts, [("act-picture-deleted", int(bench.admin.id))])


async def test_somebody_elses_yes_and_one_after_the_first_do_nothing(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=1)
    await bench.state("delivered")
    asked = await bench.says(await click(bench, bench.alice, grid, f"d:{_first(bench)}"), "for good?")
    (draft,) = bench.query("SELECT id FROM drafts")[0]
    stolen = await click(bench, bench.bob, grid, f"dy:{draft}")
    assert (await bench.says(stolen, "Only the person who asked")).ephemeral
    assert not grid.deleted
    await bench.alice.press(asked, "Keep it")
    await bench.until(lambda: "Nothing" in asked.content, "that nothing was deleted")
    late = await click(bench, bench.alice, grid, f"dy:{draft}")
    assert (await bench.says(late, "confirmed or cancelled already")).ephemeral
    assert not grid.deleted


async def test_a_copy_goes_alone_and_its_picture_stays(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2)
    copy = await bench.press(grid, "U1", bench.bob)
    await bench.state("delivered")
    asked = await bench.says(await click(bench, bench.bob, copy, f"d:{_first(bench)}"), "Delete this message?")
    await bench.bob.press(asked, "Delete")
    await bench.until(lambda: copy.deleted, "the deleted copy")
    assert not grid.deleted
    assert bench.query("SELECT count(*) FROM images WHERE gone IS NOT NULL") == [(0,)]
    await bench.press(grid, "U1")


async def test_a_job_that_is_made_of_what_is_deleted_is_still_done(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    parent = _first(bench)
    await bench.state("delivered")
    blocking = await (await bench.bob.slash(bench.channel, "imagine", prompt="a slow wall", count=1)).response()
    waiting = await (await click(bench, bench.bob, single, f"z:{image(bench)}:2")).response()
    asked = await bench.says(await click(bench, bench.alice, single, f"d:{parent}"), "for good?")
    await bench.alice.press(asked, "Delete")
    await bench.until(lambda: single.deleted, "the deleted message")
    assert (bench.data / "limner" / "pictures" / parent / "1.png").exists()
    await bench.result(blocking)
    await bench.result(waiting)
    await bench.stop()
    await bench.start()
    await asyncio.sleep(0)
    assert not (bench.data / "limner" / "pictures" / parent / "1.png").exists()


def _first(bench: Bench) -> str:
    return str(bench.query("SELECT id FROM jobs ORDER BY number LIMIT 1")[0][0])


def _file(bench: Bench, name: str) -> bytes:
    return (bench.data / "limner" / "pictures" / job(bench) / name).read_bytes()


async def test_a_private_picture_that_its_owner_posts_can_be_used_there(bench: Bench) -> None:
    await bench.imagine("a circle", count=1, private=True)
    private = image(bench)
    history = await (await bench.alice.slash(bench.channel, "history")).final_response()
    assert "https://" not in history.content
    await bench.alice.select(history, history.components[0]["components"][0]["options"][0]["value"])
    await bench.until(lambda: "Back" in labels(history), "the picture")
    copy = await bench.press(history, "Post here")
    assert (copy.ephemeral, "https://" in copy.content) == (False, False)
    child = await bench.press(copy, "Variations", bench.bob)
    assert "Variations of picture 1" in child.content
    elsewhere = await bench.bob.send(bench.guild.add_channel("lab"), "a place for buttons")
    elsewhere.author = copy.author
    refused = await click(bench, bench.bob, elsewhere, f"o:{private}")
    assert await bench.says(refused, "This picture is private")
