"""Remix from the button to the picture."""

from __future__ import annotations

from tests.bot.bench import Bench
from tests.bot.features.clicking import click, image, newest
from tests.bot.stub_host import png
from tests.loopback import Upload


async def test_a_form_shows_the_settings_and_draws_what_was_changed(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", seed=7, count=2, negative="text")
    opened = await bench.bob.press(grid, "Remix")
    assert opened.modal is not None
    fields = [part["component"]["value"] for part in opened.modal["components"] if "value" in part["component"]]
    line = "--model stub:flat --size 128x128 --steps 10 --cfg 5 --sampler stub:euler --schedule stub:karras --seed 7"
    assert fields == ["a red circle", "text", line]
    sent = await bench.bob.submit_modal(opened, {"Prompt": "a blue circle", "options": "--steps 12"})
    message = await bench.result(await sent.response())
    assert f"`a blue circle` for <@{bench.bob.id}>" in message.content
    assert "Remix of picture 1 of https://" in message.content
    assert (newest(bench).steps, newest(bench).count, newest(bench).negative) == (12, 2, "text")
    assert newest(bench).seed != 7


async def test_a_form_that_is_sent_after_a_restart_is_served(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    opened = await bench.alice.press(single, "Remix")
    await bench.restart()
    sent = await bench.alice.submit_modal(opened, {"Prompt": "a green circle"})
    assert "`a green circle`" in (await bench.result(await sent.response())).content


async def test_bad_settings_are_one_private_sentence_that_pings_nobody(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    for entered, words in (
        ({"options": "--steps 900"}, "from 1 to 150"),
        ({"options": "@everyone"}, "is no flag"),
        ({"Prompt": "a --nonsense"}, "is no flag"),
        ({"Prompt": "  "}, "is empty"),
    ):
        sent = await bench.bob.submit_modal(await bench.bob.press(single, "Remix"), entered)
        said = await bench.says(sent, words)
        assert said.ephemeral
        assert said.pinged == set()
    assert bench.query("SELECT count(*) FROM jobs") == [(1,)]


async def test_what_was_not_drawn_here_has_no_settings(bench: Bench) -> None:
    picture = Upload("a.png", png(128, 128, b"abc"))
    asked = await bench.alice.slash(bench.channel, "finish", picture=picture, **{"with": "shine"})
    message = await bench.result(await asked.response())
    for action in (f"x:{image(bench)}:1", f"xs:{image(bench)}:1"):
        assert (await bench.says(await click(bench, bench.alice, message, action), "was not drawn here")).ephemeral
    assert bench.query("SELECT count(*) FROM jobs") == [(1,)]
