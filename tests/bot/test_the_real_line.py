"""The whole line with nothing left out: Discord's wire, the bot, the real worker, and Pocket's pictures."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import statistics
import sys

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.bot.bench import Bench, labels
from tests.loopback import Message, Upload

from limner_plugins.pocket.judging import Judge, verdict
from limner_sdk import Recipe

STAR = "a green star on a white background"


@pytest.fixture
def worker_command() -> tuple[str, ...]:
    """The real one."""
    return (sys.executable, "-m", "limner_host.worker")


def picture(message: Message) -> Image.Image:
    """The one picture of a message."""
    return Image.open(io.BytesIO(message.attachments[0].data)).convert("RGB")


def quarters(message: Message) -> list[Image.Image]:
    """The four pictures of a grid."""
    grid = picture(message)
    width, height = grid.width // 2, grid.height // 2
    return [grid.crop((x, y, x + width, y + height)) for y in (0, height) for x in (0, width)]


def distance(first: Image.Image, second: Image.Image) -> float:
    """The mean squared difference of two pictures, in squared grey levels."""
    return float(np.mean((np.asarray(first, float) - np.asarray(second, float)) ** 2))


@pytest.mark.long
async def test_a_slash_command_becomes_four_green_stars_and_every_button_works(bench: Bench) -> None:
    interaction = await bench.alice.slash(bench.channel, "imagine", prompt=STAR, count=4, seed=20)
    assert interaction.acknowledged_after < 1
    grid = await bench.result(await interaction.response())
    stars = quarters(grid)
    shows_green_stars(stars)
    stores_four_recipes(bench)
    variations = quarters(await bench.press(grid, "V2"))
    are_related(variations, stars)
    single = await bench.press(grid, "U3")
    assert picture(single).tobytes() == stars[2].tobytes()
    again = quarters(await bench.press(grid, "Re-roll"))
    assert min(distance(new, old) for new, old in zip(again, stars, strict=True)) > 0
    await cancels(bench)
    await bench.restart()
    assert len(quarters(await bench.press(grid, "V1"))) == 4


def shows_green_stars(stars: list[Image.Image]) -> None:
    judge = Judge.trained()
    found = [verdict(star, judge, "star") for star in stars]
    assert [each.colour for each in found] == ["green"] * 4
    assert [each.background for each in found] == ["white"] * 4
    assert [each.kind for each in found].count("star") >= 3


def stores_four_recipes(bench: Bench) -> None:
    rows = bench.query("SELECT recipe FROM images ORDER BY position")
    recipes = [Recipe.model_validate_json(row[0]) for row in rows]
    assert [recipe.seed.seed for recipe in recipes] == [20, 21, 22, 23]
    assert {recipe.prompt for recipe in recipes} == {STAR}


def are_related(variations: list[Image.Image], stars: list[Image.Image]) -> None:
    """Four different pictures, closer to the second star than to the first, on average."""
    assert len({each.tobytes() for each in (*variations, stars[1])}) == 5
    to_second = statistics.mean(distance(each, stars[1]) for each in variations)
    to_first = statistics.mean(distance(each, stars[0]) for each in variations)
    assert to_second < to_first


async def cancels(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt=STAR, steps=150)).response()
    await bench.progressing(message)
    await bench.alice.press(message, "Cancel")
    await bench.until(lambda: "Cancelled" in message.content, "the end of a cancelled job")


@pytest.mark.long
async def test_a_preview_sharpens_before_the_result(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt=STAR, steps=120)).response()
    await bench.result(message)
    previews = [version.files[0] for version in message.history if "▱" in version.content and version.files]
    looks = [Image.open(io.BytesIO(preview.data)).convert("RGB") for preview in previews]
    assert len(looks) >= 2
    away = [distance(look.resize(picture(message).size), picture(message)) for look in looks]
    assert away[-1] < away[0]


@pytest.mark.long
async def test_a_panorama_is_drawn_in_tiles_and_its_message_says_so(bench: Bench) -> None:
    message = await bench.imagine(STAR, size="380x100", steps=30, count=1, seed=20)
    assert picture(message).size == (380, 100)
    assert "380x100" in message.content
    assert "tiled by cosine" in message.content
    again = await bench.press(message, "Re-roll")
    assert picture(again).size == (380, 100)
    assert "tiled by cosine" in again.content


async def test_a_large_square_shows_one_thing_and_its_message_says_how(bench: Bench) -> None:
    message = await bench.imagine(STAR, size="256x256 · tiled", steps=12, count=1, seed=20)
    assert picture(message).size == (256, 256)
    assert "drawn at 128x128, then enlarged to 256x256 in parts" in message.content
    found = verdict(picture(message), Judge.trained(), "star")
    assert (found.kind, found.colour, found.background) == ("star", "green", "white")


@pytest.mark.long
async def test_a_posted_picture_is_enlarged_by_a_button_and_detailed_after_a_restart(bench: Bench) -> None:
    single = await bench.imagine(STAR, count=1, seed=20, steps=12)
    assert {"Upscale 4x", "Detail faces"} <= set(labels(single))
    large = await bench.press(single, "Upscale 4x", bench.bob)
    assert picture(large).size == (512, 512)
    assert "finished by Upscale for" in large.content
    assert "Re-roll" not in labels(large)
    assert distance(picture(large).resize((128, 128), Image.Resampling.BOX), picture(single)) < 200
    await bench.restart()
    detailed = await bench.press(single, "Detail faces")
    assert "finished by Detailer for" in detailed.content
    assert picture(detailed).tobytes() == picture(single).tobytes(), detailed.content


async def test_an_attached_picture_is_finished_and_a_broken_one_refused_to_the_person_alone(bench: Bench) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 24), "navy").save(file, "WEBP")
    for data, words in ((file.getvalue(), "160x96"), (b"\x89PNG\r\n\x1a\nnonsense", "is damaged")):
        options = {"picture": Upload("a.png", data), "with": "upscale"}
        message = await bench.says(await bench.alice.slash(bench.channel, "finish", **options), words)
    assert message.ephemeral
    assert "/" not in message.content
    (result,) = bench.results()
    assert picture(result).size == (160, 96)


async def test_an_attached_picture_of_another_program_follows_what_it_says_of_itself(bench: Bench) -> None:
    file, said = io.BytesIO(), PngInfo()
    said.add_text("parameters", f"{STAR}\nSteps: 6, Sampler: Euler a, CFG scale: 3, Seed: 1234, Size: 128x128")
    Image.new("RGB", (128, 128), "white").save(file, "PNG", pnginfo=said)
    interaction = await bench.alice.slash(
        bench.channel, "finish", picture=Upload("a1111.png", file.getvalue()), **{"with": "ultimate_upscale(scale=2)"}
    )
    message = await interaction.response()
    await bench.progressing(message)
    await bench.result(message)
    assert f"`{STAR}`, finished by Ultimate upscale for" in message.content
    assert "seed 1234 · " in message.content
    assert " · 256x256 · 6 steps · cfg 3 · euler_a, " in message.content
    shown = [version.content for version in message.history if "▱" in version.content]
    assert any("(Ultimate upscale" in content for content in shown), shown


@pytest.mark.long
async def test_a_worker_killed_in_the_middle_costs_one_attempt_and_no_picture(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt=STAR, steps=60)).response()
    await bench.progressing(message)
    os.kill(bench.worker_pid(), signal.SIGKILL)
    await bench.result(message)
    assert bench.query("SELECT attempt FROM jobs") == [(2,)]
    assert len(bench.results()) == 1


@pytest.mark.long
async def test_a_bot_killed_in_the_middle_finishes_after_its_restart_with_one_message(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt=STAR, steps=60)).response()
    await bench.progressing(message)
    await bench.restart()
    await bench.result(message)
    await bench.state("delivered")
    assert len(bench.results()) == 1


@pytest.mark.long
async def test_the_event_loop_answers_quickly_while_a_job_runs(bench: Bench) -> None:
    message = await (await bench.alice.slash(bench.channel, "imagine", prompt=STAR, steps=150)).response()
    await bench.progressing(message)
    latencies = []
    for _ in range(20):
        latencies.append(await bench.discord.loop_latency())
        await asyncio.sleep(0.05)
    await bench.alice.press(message, "Cancel")
    assert statistics.quantiles(latencies, n=10)[-1] < 0.05, latencies


@pytest.mark.long
async def test_a_damaged_model_is_one_private_sentence_and_harms_nobody(bench: Bench) -> None:
    (bench.data / "limner" / "models" / "broken.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0no header at all")
    await bench.restart()
    await bench.imagine(STAR, count=1, steps=2)
    interaction = await bench.bob.slash(bench.channel, "imagine", prompt=STAR, model="broken")
    message = await bench.says(interaction, "broken.safetensors is damaged")
    assert message.ephemeral
    assert len(bench.results()) == 1
