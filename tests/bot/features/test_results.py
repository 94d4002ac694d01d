"""The buttons below pictures that draw more, for everybody and for one person alone."""

from __future__ import annotations

from tests.bot.bench import Bench, labels
from tests.bot.features.clicking import click, forged, image, job, newest, prefer


async def test_strong_variations_go_further_and_say_where_they_come_from(bench: Bench) -> None:
    single = await bench.imagine("a red circle", seed=7, count=1)
    subtle = await bench.press(single, "Variations")
    (gentle,) = newest(bench).variations
    strong = await bench.press(single, "Strong variations", bench.bob)
    (far,) = newest(bench).variations
    assert (gentle.strength, far.strength) == (0.22, 0.45)
    assert newest(bench).seed == 7
    for message in (subtle, strong):
        assert "ariations of picture 1 of https://" in message.content
        assert labels(message)[:4] == ["U1", "U2", "U3", "U4"]


async def test_what_comes_of_a_private_picture_is_private(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    await bench.state("delivered")
    private = await click(bench, bench.alice, single, f"k:{job(bench)}")
    await bench.until(lambda: private.followups and private.followups[0].attachments, "the private pictures")
    for button in ("Variations", "Re-roll"):
        answer = await (await bench.alice.press(private.followups[0], button)).response()
        assert (await bench.result(answer)).ephemeral
    assert bench.query("SELECT count(*) FROM jobs WHERE private = 0") == [(0,)]


async def test_whoever_always_remixes_gets_the_form_first(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", seed=7, count=2)
    await prefer(bench, bench.alice, remix=True)
    for button, kind, seeds in (("V2", "variations", {8}), ("Re-roll", "reroll", None)):
        opened = await bench.alice.press(grid, button)
        assert opened.modal is not None
        sent = await bench.alice.submit_modal(opened, {"Prompt": "a blue circle"})
        message = await bench.result(await sent.response())
        assert "`a blue circle`" in message.content
        assert bench.query("SELECT kind FROM jobs ORDER BY number DESC LIMIT 1") == [(kind,)]
        request = newest(bench)
        assert bool(request.variations) == (kind == "variations")
        assert request.seed in seeds if seeds else request.seed != 7
    await bench.press(grid, "V1", bench.bob)


async def test_old_custom_ids_go_on_working(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", count=2)
    for custom_id in (f"v:{image(bench, 1)}", f"r:{image(bench, 1)}:2", f"u:{image(bench, 2)}"):
        pressed = await bench.bob.press(forged(bench, grid, custom_id), f"limner:{custom_id}")
        await bench.result(await pressed.response())
