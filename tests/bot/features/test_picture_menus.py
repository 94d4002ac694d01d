"""Entries in the menu of messages: with our own pictures, with strangers', and with none."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from tests.bot.bench import STUB_HOST, Bench, labels
from tests.bot.features.clicking import newest
from tests.bot.stub_host import catalogue, png
from tests.loopback import Message, Upload
from tests.loopback.constants import CommandType

from limner_bot.asking.menu import Menu
from limner_bot.asking.shortcuts import parse_buttons
from limner_bot.delivering.picture_texts import code_block
from limner_bot.features.picture_menus import preferred
from limner_sdk import Choice

INFOTEXT = "a tower\nNegative prompt: fog\nSteps: 7, Sampler: Euler, CFG scale: 4, Seed: 99, Size: 128x128"


@pytest.fixture
def worker_command() -> tuple[str, ...]:
    return STUB_HOST


def telling(text: str) -> bytes:
    """A picture that says of itself how it was made, in A1111's form."""
    plain, body = png(64, 48, b"abc"), b"parameters\0" + text.encode("latin-1")
    chunk = len(body).to_bytes(4, "big") + b"tEXt" + body + zlib.crc32(b"tEXt" + body).to_bytes(4, "big")
    return plain[:33] + chunk + plain[33:]


async def choose(bench: Bench, message: Message, name: str) -> Any:
    """Choose an entry of a message's menu."""
    return await bench.bob.context_menu(message, name)


def test_the_first_button_that_is_called_so_is_preferred_then_what_is_usual() -> None:
    assert preferred(Menu(catalogue()), "enlarge", "no:such") == Choice(name="stub:enlarge")
    named = Menu(catalogue(), parse_buttons("Upscale 3x = enlarge(scale=3)"))
    assert preferred(named, "upscale", "no:such") == Choice(name="stub:enlarge", params={"scale": "3"})
    none = Menu(catalogue(), ())
    assert preferred(none, "find", "no:such") == Choice(name="stub:find_faces")
    assert preferred(none, "detail", "sparkles:shine") == Choice(name="sparkles:shine")
    assert preferred(none, "nothing", "no:such") is None
    assert preferred(Menu(), "detail", "no:such") == Choice(name="no:such")


def test_a_block_of_code_cannot_be_ended_by_what_stands_in_it() -> None:
    assert code_block("a ``` @everyone").count("```") == 2


async def test_our_own_pictures_are_known_by_their_message(bench: Bench) -> None:
    assert {spec["name"] for spec in bench.alice.commands(bench.channel, CommandType.MESSAGE)} >= {
        "Upscale this", "Vary this", "Use as input", "Read image info", "Detail this",
    }  # fmt: skip
    single = await bench.imagine("a red circle", seed=7, count=1)
    varied = await bench.result(await (await choose(bench, single, "Vary this")).response())
    assert "Variations of picture 1 of https://" in varied.content
    assert newest(bench).seed == 7
    which = await (await choose(bench, varied, "Use as input")).response()
    assert (which.ephemeral, which.content) == (True, "Which picture?")
    opened = await bench.bob.select(which, "Picture 2")
    sent = await bench.bob.submit_modal(opened, {"What it should show": "a sea", "Strength": "0,4"})
    await bench.result(await sent.response())
    request = newest(bench)
    assert (request.prompt, request.start and request.start.denoise, request.width) == ("a sea", 0.4, 128)
    told = await (await choose(bench, single, "Read image info")).final_response()
    assert told.ephemeral
    assert "**Prompt**: `a red circle`" in told.content
    assert "**Seed**: 7" in told.content
    assert labels(told) == ["Make it again", "Remix"]
    await bench.result(await (await bench.bob.press(told, "Make it again")).response())
    assert (newest(bench).prompt, newest(bench).seed) == ("a red circle", 7)


async def test_a_strangers_picture_is_finished_and_edited(bench: Bench) -> None:
    bench.extra["LIMNER_BUTTONS"] = "Upscale 3x = enlarge(scale=3)"
    await bench.restart()
    message = await bench.alice.send(bench.channel, "look", Upload("a.png", png(64, 48, b"abc")))
    done = await bench.result(await (await choose(bench, message, "Upscale this")).response())
    (choice,) = newest(bench).postprocess
    assert (choice.name, choice.params) == ("stub:enlarge", {"scale": "3"})
    (menu,) = [part for row in done.components for part in row["components"] if part["type"] == 3]
    opened = await bench.bob.select(done, "Edit what was done to it…", menu=menu["custom_id"])
    edited = await (await bench.bob.submit_modal(opened, {"Scale": "4"})).response()
    await bench.result(edited)
    assert newest(bench).postprocess[0].params == {"scale": "4"}
    refused = await (await choose(bench, message, "Detail this")).response()
    assert "`detailer:detailer` is not on this host" in refused.content


async def test_a_strangers_picture_is_varied_by_what_it_says_or_by_what_is_said(bench: Bench) -> None:
    speaking = await bench.alice.send(bench.channel, "", Upload("a.png", telling(f"{INFOTEXT}, Model: flat")))
    strange = await bench.alice.send(bench.channel, "", Upload("a.png", telling(f"{INFOTEXT}, Model: elsewhere")))
    silent = await bench.alice.send(bench.channel, "", Upload("b.png", png(64, 48, b"abc")))
    opened = await choose(bench, speaking, "Vary this")
    varied = await bench.result(await (await bench.bob.submit_modal(opened, {"Strength": "0,3"})).response())
    request = newest(bench)
    assert (request.prompt, request.seed, request.steps) == ("a tower", 99, 7)
    assert [variation.strength for variation in request.variations] == [0.3]
    assert f"Variations of a picture in https://discord.com/channels/{bench.guild.id}/" in varied.content
    opened = await choose(bench, strange, "Vary this")
    redrawn = await bench.result(await (await bench.bob.submit_modal(opened, {"Strength": "0.3"})).response())
    request = newest(bench)
    assert (request.prompt, request.negative, request.start and request.start.denoise) == ("a tower", "fog", 0.3)
    assert (request.image is not None, request.variations) == (True, ())
    assert "elsewhere" in redrawn.content
    wrong = await bench.bob.submit_modal(await choose(bench, silent, "Vary this"), {})
    told = await bench.says(wrong, "the picture does not say what it shows")
    opened = await bench.bob.press(told, "Edit again")
    sent = await bench.bob.submit_modal(opened, {"What it should show": "a hut", "Strength": "0.3"})
    await bench.result(await sent.response())
    request = newest(bench)
    assert (request.prompt, request.start and request.start.denoise) == ("a hut", 0.3)
    assert (request.width, request.height, request.image is not None) == (144, 112, True)


async def test_what_a_picture_says_is_told_to_one_person_alone(bench: Bench) -> None:
    long = INFOTEXT.replace("a tower", "a tower, " * 300)
    message = await bench.alice.send(
        bench.channel,
        "",
        Upload("a.png", telling(INFOTEXT)),
        Upload("b.png", telling(long)),
        Upload("c.png", png(8, 8, b"abc")),
    )
    told = []
    for name in ("Picture 1", "Picture 2", "Picture 3"):
        which = await (await choose(bench, message, "Read image info")).response()
        told.append(await (await bench.bob.select(which, name)).final_response())
    first, second, third = told
    assert all(each.ephemeral for each in told)
    assert "**Negative prompt**: `fog`" in first.content
    assert "```\na tower\n" in first.content
    assert [file.filename for file in second.files] == ["infotext.txt"]
    assert "does not say how it was made" in third.content
    assert labels(third) == []
    remix = await bench.bob.press(first, "Remix")
    await bench.result(await (await bench.bob.submit_modal(remix, {"What it should show": "a barn"})).response())
    assert (newest(bench).prompt, newest(bench).negative, newest(bench).steps) == ("a barn", "fog", 7)


async def test_a_message_without_a_picture_and_a_file_that_is_none(bench: Bench) -> None:
    empty = await bench.alice.send(bench.channel, "nothing here")
    assert "has no picture" in (await (await choose(bench, empty, "Vary this")).response()).content
    broken = await bench.alice.send(bench.channel, "", Upload("a.png", b"\x89PNG\r\n\x1a\n nonsense"))
    assert (await bench.says(await choose(bench, broken, "Read image info"), "a.png")).ephemeral
    assert bench.query("SELECT count(*) FROM jobs") == [(0,)]


async def test_entries_work_in_direct_messages(bench: Bench) -> None:
    place = bench.alice.direct_messages()
    message = await bench.alice.send(place, "", Upload("a.png", telling(INFOTEXT)))
    told = await (await bench.alice.context_menu(message, "Read image info")).final_response()
    assert "**Prompt**: `a tower`" in told.content


async def test_whoever_has_installed_the_bot_takes_it_to_servers_without_it(bench: Bench) -> None:
    carol = bench.discord.add_user("carol", has_app=True)
    place = bench.discord.add_guild("elsewhere", installed=False)
    place.add_member(carol)
    message = await carol.send(place.add_channel("talk"), "", Upload("a.png", telling(INFOTEXT)))
    told = await (await carol.context_menu(message, "Read image info")).final_response()
    assert "**Prompt**: `a tower`" in told.content
    opened = await carol.context_menu(message, "Vary this")
    varied = await bench.result(await (await carol.submit_modal(opened, {})).response())
    assert "a tower" in varied.content
