"""/history: pages of one's own pictures, what can be looked for, and what becomes of a picture from there."""

from __future__ import annotations

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import click, image, job
from tests.loopback import Interaction, Message

PAGE = 9


async def _history(bench: Bench, **options: object) -> Message:
    return await (await bench.alice.slash(bench.channel, "history", **options)).final_response()


async def _answer(interaction: Interaction) -> str:
    return (await interaction.followup()).content


async def test_pages_show_ones_own_pictures_and_stay_right_while_new_ones_arrive(bench: Bench) -> None:
    for prompt in ("first", "second", "third"):
        await bench.imagine(prompt, count=4)
    await bench.imagine("not yours", bench.bob)
    page = await _history(bench)
    assert page.ephemeral
    assert [file.filename for file in page.attachments] == ["history.jpg"]
    assert [page.content.count(prompt) for prompt in ("third", "second", "first")] == [4, 4, 1]
    assert labels(page) == ["Next"]
    await bench.imagine("fourth", count=1)
    await bench.alice.press(page, "Next")
    await bench.until(lambda: labels(page) == ["Prev"], "the last page")
    assert page.content.count("first") == 3
    assert "fourth" not in page.content
    assert "https://discord.com/channels/" in page.content
    await bench.restart()
    await bench.alice.press(page, "Prev")
    await bench.until(lambda: "third" in page.content, "the page before")
    assert page.content.count("first") == 1
    assert "not yours" not in page.content
    assert "fourth" not in page.content


async def test_a_search_survives_a_restart_and_is_nobody_elses(bench: Bench) -> None:
    await bench.imagine("100% wool", count=4)
    await bench.imagine("100 wolves", count=4)
    await bench.imagine("more 100% wool", count=4)
    await bench.imagine("still 100% wool", count=4)
    page = await _history(bench, search="0% WOOL", model="stub:flat")
    assert page.content.count("wool") == PAGE
    await bench.restart()
    await bench.alice.press(page, "Next")
    await bench.until(lambda: labels(page) == ["Prev"], "the last page")
    assert page.content.count("wool") == 3
    assert "wolves" not in page.content
    stolen = await bench.bob.send(bench.channel, "stolen")
    stolen.components, stolen.author = page.components, page.author
    assert "Only the person who asked" in await _answer(await bench.bob.press(stolen, "Prev"))
    assert "None of your pictures" in (await _history(bench, search="_")).content
    assert "None of your pictures" in (await _history(bench, favourites=True)).content


async def test_a_picture_is_opened_posted_and_its_settings_are_used_again(bench: Bench) -> None:
    await bench.imagine("a circle", seed=5, count=2)
    page = await _history(bench)
    await bench.alice.select(page, page.components[0]["components"][0]["options"][1]["value"])
    await bench.until(lambda: "Back" in labels(page), "the picture")
    assert labels(page) == ["Post here", "Reuse settings", "Favourite", "Original", "Delete", "Back"]
    assert page.attachments[0].filename.startswith("limner-")
    assert "seed 5" in page.content
    posted = await bench.press(page, "Post here")
    assert not posted.ephemeral
    assert "Variations" in labels(posted)
    asked = await bench.alice.press(page, "Reuse settings")
    await asked.opened_modal()
    sent = await bench.alice.submit_modal(asked, {"prompt": "a square", "options": "--seed 8"})
    result = await bench.result(await sent.response())
    assert not result.ephemeral
    assert "a square" in result.content
    assert "seeds 8 to 9" in result.content
    await bench.alice.press(page, "Back")
    await bench.until(lambda: labels(page) == ["Prev"], "the page")
    await bench.alice.select(page, page.components[0]["components"][0]["options"][1]["value"])
    await bench.until(lambda: "Made of it" in page.content, "what became of it")


async def test_what_is_posted_elsewhere_works_there(bench: Bench) -> None:
    await bench.imagine("a circle", count=1)
    page, other = await _history(bench), bench.guild.add_channel("gallery")
    await bench.alice.select(page, page.components[0]["components"][0]["options"][0]["value"])
    await bench.until(lambda: "Back" in labels(page), "the picture")
    page.channel = other
    posted = await bench.press(page, "Post here")
    again = await bench.press(posted, "Re-roll", bench.bob)
    assert "a circle" in again.content


async def test_a_full_page_of_long_prompts_is_whole(bench: Bench) -> None:
    for _ in range(3):
        await bench.imagine("a lighthouse at dusk, " * 20, count=4)
    await bench.found("SELECT count(*) FROM jobs WHERE state = 'delivered'", [(3,)])
    page = await _history(bench)
    assert len(page.content) < 2000
    assert page.content.count("](https://discord.com/channels/") == PAGE
    assert page.content.endswith(")")


async def test_nobody_sees_uses_or_deletes_what_is_private_to_another(bench: Bench) -> None:
    grid = await bench.imagine("a secret", count=1)
    await bench.found("SELECT state FROM jobs", [("delivered",)])
    await click(bench, bench.alice, grid, f"k:{job(bench)}")
    await bench.found("SELECT private, state FROM jobs", [(1, "delivered")])
    other = await bench.imagine("for all", bench.bob, count=1)
    secret = bench.query("SELECT id FROM images ORDER BY number")[0][0]
    for action, refusal in (
        (f"hs:{secret}", "private"),
        (f"hx:{secret}", "not known here"),
        (f"hxs:{secret}", "not known here"),
        (f"f:{secret}", "private"),
    ):
        await bench.says(await click(bench, bench.bob, other, action), refusal)
    theirs = await (await bench.bob.slash(bench.channel, "history")).final_response()
    assert "a secret" not in theirs.content
    mine = await _history(bench)
    assert "a secret" in mine.content
    assert bench.query("SELECT count(*) FROM jobs") == [(2,)]


async def test_a_favourite_of_anothers_is_seen_as_long_as_it_is_public(bench: Bench) -> None:
    grid = await bench.imagine("a circle", bench.bob, count=2)
    await (await click(bench, bench.alice, grid, f"f:{image(bench, 2)}")).final_response()
    page = await _history(bench, favourites=True)
    assert page.content.count("a circle") == 1
    await bench.alice.select(page, image(bench, 2))
    await bench.until(lambda: "Back" in labels(page), "the picture")
    assert "Delete" not in labels(page)
    await click(bench, bench.bob, grid, f"k:{job(bench)}")
    await bench.found("SELECT private FROM jobs", [(1,)])
    assert "None of your pictures" in (await _history(bench, favourites=True)).content
