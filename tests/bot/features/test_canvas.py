"""Zoom, pan, square and region from the click to the picture."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from tests.bot.bench import Bench
from tests.bot.features.clicking import click, image, job, newest
from tests.bot.stub_host import png
from tests.loopback import Message, Upload


async def test_zoom_pan_and_square_draw_around_the_file_of_the_picture(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1, size="128x192")
    picture = image(bench)
    for action, sides, size in (
        (f"z:{picture}:2", (64, 64, 96, 96), (128, 192)),
        (f"z:{picture}:1.5", (32, 32, 48, 48), (128, 192)),
        (f"n:{picture}:left", (64, 0, 0, 0), (192, 192)),
        (f"n:{picture}:down", (0, 0, 0, 96), (128, 288)),
        (f"q:{picture}", (32, 32, 0, 0), (192, 192)),
    ):
        message = await _clicked(bench, single, action)
        asked = newest(bench)
        around = asked.outpaint
        assert around is not None
        assert (around.left, around.right, around.top, around.bottom) == sides
        assert (asked.width, asked.height) == size
        assert Path(asked.image or "").name == "1.png"
        assert "Drawn around picture 1 of https://" in message.content


async def test_a_picture_that_outgrows_its_model_is_drawn_in_parts(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    await _clicked(bench, single, f"n:{image(bench)}:right")
    assert newest(bench).tiler is None
    await _clicked(bench, bench.results()[-1], f"n:{image(bench, 2)}:right")
    assert newest(bench).width == 288
    assert newest(bench).tiler is not None


async def test_a_zoom_of_ones_own_asks_for_factor_and_prompt(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    action = f"z:{image(bench)}:custom"
    opened = await click(bench, bench.bob, single, action)
    sent = await bench.bob.submit_modal(opened, {"Factor": "3", "Prompt": "a wide field"})
    message = await bench.result(await sent.response())
    assert f"`a wide field` for <@{bench.bob.id}>" in message.content
    around = newest(bench).outpaint
    assert around is not None
    assert around.left == 128
    for factor, words in (("9", "no number from 1.05 to 3"), ("wide", "is no number"), ("nan", "is no number")):
        again = await bench.bob.submit_modal(await click(bench, bench.bob, single, action), {"Factor": factor})
        assert (await bench.says(again, words)).ephemeral


async def test_a_region_in_words_becomes_a_mask_and_stays_out_of_the_rest(bench: Bench) -> None:
    single = await bench.imagine("a slow circle", count=1)
    opened = await click(bench, bench.alice, single, f"g:{image(bench)}")
    entered = {"Or in words": "top right", "Prompt": "a slow moon", "Strength": "0.6"}
    sent = await bench.alice.submit_modal(opened, entered)
    message = await sent.response()
    await bench.progressing(message)
    mask = Image.open(_mask(bench))
    assert mask.size == (128, 128)
    assert mask.getbbox() == (64, 0, 128, 64)
    await bench.restart()
    await bench.result(message)
    assert "A part drawn anew of picture 1 of https://" in message.content
    assert newest(bench).start is not None
    assert newest(bench).start.denoise == 0.6  # type: ignore[union-attr]


async def test_an_uploaded_mask_is_cleaned_and_brought_to_the_pictures_size(bench: Bench) -> None:
    single = await bench.imagine("a slow circle", count=1)
    opened = await click(bench, bench.alice, single, f"g:{image(bench)}")
    sent = await bench.alice.submit_modal(opened, {"Mask": Upload("m.png", png(64, 64, b"\xff\xff\xff"))})
    await bench.progressing(await sent.response())
    mask = Image.open(_mask(bench))
    assert (mask.mode, mask.size, mask.getextrema()) == ("L", (128, 128), (255, 255))
    await bench.result(await sent.response())


async def test_what_is_no_mask_is_refused_and_leaves_nothing(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    for upload, words in (
        (Upload("m.gif", b"GIF89a" + b"x" * 100), "is no PNG, JPEG or WebP"),
        (Upload("m.png", png(64, 64, b"\0\0\0")), "black everywhere"),
        (Upload("m.png", png(64, 32, b"\xff\xff\xff")), "is no shape for a picture of 128x128"),
        (Upload("m.png", png(64, 64, b"abc")[:60]), "m.png"),
        (None, "attach a mask"),
    ):
        opened = await click(bench, bench.bob, single, f"g:{image(bench)}")
        sent = await bench.bob.submit_modal(opened, {"Mask": upload} if upload else {})
        assert (await bench.says(sent, words)).ephemeral
    assert bench.query("SELECT count(*) FROM jobs WHERE state NOT IN ('delivered', 'cancelled')") == [(0,)]
    assert len(list((bench.data / "limner" / "pictures").iterdir())) == 1


async def test_a_square_and_a_picture_whose_file_is_gone_are_refused(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    assert (await bench.says(await click(bench, bench.bob, single, f"q:{image(bench)}"), "square already")).ephemeral
    (bench.data / "limner" / "pictures" / job(bench) / "1.png").unlink()
    for action in (f"z:{image(bench)}:2", f"n:{image(bench)}:up", f"g:{image(bench)}"):
        assert (await bench.says(await click(bench, bench.bob, single, action), "file is missing")).ephemeral


async def _clicked(bench: Bench, message: Message, action: str) -> Message:
    return await bench.result(await (await click(bench, bench.bob, message, action)).response())


def _mask(bench: Bench) -> Path:
    return bench.data / "limner" / "pictures" / job(bench) / "mask.png"
