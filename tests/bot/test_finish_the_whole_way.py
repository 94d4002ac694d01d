"""Post-processors from Discord to the picture and back: by button, by option, and on what somebody attaches."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.bot.bench import Bench, labels
from tests.bot.stub_host import PREVIEW, png
from tests.loopback import Message, Upload, UserCannot

from limner_bot.queue.identity import new_id
from limner_sdk import Recipe, Request

SMALL = png(128, 128, b"abc")
OF_ONE = ["Variations", "Strong variations", "Re-roll", "Remix", "Favourite"]


async def test_a_button_finishes_a_picture_in_a_new_message_that_says_what_was_done(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1)
    assert labels(single) == [*OF_ONE, "Enlarge", "Shine"]
    large = await bench.press(single, "Enlarge", bench.bob)
    assert f"`a red circle`, finished by Enlarge it for <@{bench.bob.id}>" in large.content
    assert large.content.count("finished by") == 1
    assert f"From picture 1 of {_link(bench, single)}" in large.content
    assert " · 256x256 · " in large.content
    assert labels(large) == labels(single)
    assert single.id != large.id


async def test_what_is_finished_twice_tells_of_both_and_its_variations_are_of_what_was_drawn(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", seed=7)
    assert "Enlarge" not in labels(grid)
    single = await bench.press(grid, "U2")
    both = await bench.press(await bench.press(single, "Enlarge"), "Shine")
    assert "512" not in both.content
    assert both.content.count("256x256") == 1
    assert "`a red circle`, finished by Enlarge it, Shine for" in both.content
    again = await bench.press(both, "Re-roll")
    assert " · finished by Enlarge it, Shine" in again.content
    assert again.content.count("finished by") == 1
    variations = await bench.press(both, "Variations")
    assert "finished by" not in variations.content
    assert labels(variations)[:4] == ["U1", "U2", "U3", "U4"]


async def test_the_job_is_about_the_file_of_the_picture_that_was_clicked(bench: Bench) -> None:
    grid = await bench.imagine("a red circle", seed=7)
    await bench.press(await bench.press(grid, "U3"), "Enlarge")
    (row,) = bench.query("SELECT request, source_id, kind FROM jobs ORDER BY number DESC LIMIT 1")
    asked = Request.model_validate_json(row[0])
    assert Path(asked.finished or "").parts[-2:] == (_job(bench, 1), "3.png")
    assert (asked.count, asked.seed, row[2]) == (1, 9, "finish")
    assert bench.query("SELECT id FROM images WHERE position = 3")[0][0] == row[1]


async def test_buttons_work_after_a_restart_and_a_kill_in_the_middle_shows_one_result(bench: Bench) -> None:
    single = await bench.imagine("a slow circle", count=1)
    await bench.restart()
    message = await (await bench.alice.press(single, "Enlarge")).response()
    await bench.progressing(message)
    await bench.restart()
    await bench.result(message)
    await bench.state("delivered")
    assert len(bench.results()) == 2


async def test_the_admins_buttons_do_what_the_admin_has_set(bench: Bench) -> None:
    bench.extra["LIMNER_BUTTONS"] = "Thrice = enlarge(scale=3), find-faces"
    await bench.restart()
    single = await bench.imagine("a red circle", count=1)
    assert labels(single) == [*OF_ONE, "Thrice", "Faces"]
    await bench.press(single, "Thrice")
    (row,) = bench.query("SELECT request FROM jobs ORDER BY number DESC LIMIT 1")
    asked = Request.model_validate_json(row[0])
    assert [choice.params for choice in asked.postprocess] == [{"scale": "3"}]


async def test_a_bot_whose_buttons_do_nothing_that_is_here_ends_with_one_sentence(bench: Bench) -> None:
    await bench.kill()
    bench.extra["LIMNER_BUTTONS"] = "enlarge(scale=9)"
    assert await asyncio.to_thread(bench.launch().wait, 60) == 2
    assert bench.log.splitlines()[-1].startswith("limner: LIMNER_BUTTONS.enlarge.scale: '9' is no whole number")


async def test_a_forged_or_foreign_button_is_refused_to_the_person_alone(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    image = bench.query("SELECT id FROM images")[0][0]
    other = bench.guild.add_channel("other")
    for channel, custom_id, words in (
        (bench.channel, f"limner:p:{new_id()}:stub:enlarge", "is not known here"),
        (other, f"limner:p:{image}:stub:enlarge", "another channel"),
        (bench.channel, f"limner:p:{image}:stub:nothing", "is not on this host;"),
        (bench.channel, f"limner:p:{image}:stub:heun", "is not on this host;"),
    ):
        forged = await _forged(bench, channel, single, custom_id)
        said = await bench.says(await bench.bob.press(forged, custom_id), words)
        assert said.ephemeral
    assert bench.query("SELECT count(*) FROM jobs") == [(1,)]


async def test_a_picture_whose_file_is_gone_is_said_to_be(bench: Bench) -> None:
    single = await bench.imagine("a circle", count=1)
    for file in (bench.data / "limner" / "pictures").glob("*/1.png"):
        file.unlink()
    said = await bench.says(await bench.alice.press(single, "Enlarge"), "file is missing")
    assert said.ephemeral


async def test_the_option_finish_finishes_every_picture_and_says_so(bench: Bench) -> None:
    grid = await bench.imagine("a circle", count=2, finish="enlarge(scale=2), find-faces")
    assert "drawn at 128x128, finished at 256x256" in grid.content
    assert "finished by Enlarge it, Faces" in grid.content
    assert "\nfind_faces: no face was found." in grid.content
    recipes = [Recipe.model_validate_json(row[0]) for row in bench.query("SELECT recipe FROM images")]
    assert [stage.params for stage in recipes[0].postprocess] == [{"scale": "2"}, {}]


async def test_a_wrong_finish_is_one_private_sentence(bench: Bench) -> None:
    for text, words in (("enlarg", "did you mean enlarge"), ("enlarge(scale=9)", "whole number from 2 to 4")):
        interaction = await bench.alice.slash(bench.channel, "imagine", prompt="a circle", finish=text)
        said = await bench.says(interaction, words)
        assert said.ephemeral
        assert said.content.startswith("Finish")
    assert bench.query("SELECT count(*) FROM jobs") == [(0,)]


async def test_the_last_name_is_completed_as_it_is_typed(bench: Bench) -> None:
    typed = "enlarge, sh"
    choices = await bench.alice.autocomplete(bench.channel, "imagine", option="finish", value=typed, prompt="x")
    assert [choice.value for choice in choices] == ["enlarge, shine"]
    choices = await bench.alice.autocomplete(bench.channel, "finish", option="with", value="", picture=SMALL)
    assert {choice.value for choice in choices} == {"shine", "enlarge", "find_faces"}


async def test_an_attached_picture_is_finished(bench: Bench) -> None:
    message = await _finish(bench, Upload("holiday.png", SMALL), "enlarge", prompt="a cat")
    assert f"`a cat`, finished by Enlarge it for <@{bench.alice.id}>" in message.content
    assert "From a picture that was uploaded" in message.content
    assert "256x256" in message.content
    assert labels(message) == ["Re-roll", "Favourite", "Enlarge", "Shine"]
    asked = Request.model_validate_json(bench.query("SELECT request FROM jobs")[0][0])
    assert Path(asked.finished or "").read_bytes().startswith(SMALL[:24])
    again = await bench.press(message, "Enlarge")
    assert "finished by Enlarge it, Enlarge it" in again.content


async def test_a_picture_of_ours_that_is_attached_keeps_its_words_and_its_seed(bench: Bench) -> None:
    single = await bench.imagine("a red circle", count=1, seed=7)
    file = Upload("mine.png", single.attachments[0].data)
    message = await _finish(bench, file, "enlarge(scale=3)")
    assert "`a red circle`, finished by Enlarge it" in message.content
    assert "From a picture that was uploaded" in message.content
    assert "seed 7 " in message.content
    reworded = await _finish(bench, file, "enlarge", prompt="a blue circle")
    assert "`a blue circle`" in reworded.content


async def test_a_picture_without_a_prompt_is_called_by_what_is_done_to_it(bench: Bench) -> None:
    message = await _finish(bench, Upload("x.jpeg", PREVIEW), "shine")
    assert f"A picture, finished by Shine for <@{bench.alice.id}>" in message.content
    history = await (await bench.alice.slash(bench.channel, "history")).final_response()
    assert history.content.startswith("**1** A picture")
    assert "finished by Shine" in history.content


async def test_an_upload_outlives_the_bot_until_its_job_is_done(bench: Bench) -> None:
    interaction = await bench.alice.slash(
        bench.channel, "finish", picture=Upload("a.png", SMALL), prompt="a slow cat", **{"with": "enlarge"}
    )
    message = await interaction.response()
    await bench.progressing(message)
    await bench.restart()
    await bench.result(message)
    await bench.restart()
    folder = bench.data / "limner" / "pictures" / _job(bench, 1)
    assert [path.name for path in folder.iterdir()] == ["1.png"]
    assert len(bench.results()) == 1


@pytest.mark.parametrize(
    ("upload", "option", "words"),
    [
        (Upload("a.gif", b"GIF89a" + b"x" * 100), "enlarge", "is no PNG, JPEG or WebP picture"),
        (Upload("a.png", b"MZ\x90\0" * 10), "enlarge", "is no PNG, JPEG or WebP picture"),
        (Upload("a.png", b""), "enlarge", "is no PNG, JPEG or WebP picture"),
        (Upload("a.png", SMALL), "enlarg", "With: 'enlarg' is unknown; did you mean enlarge"),
    ],
)
async def test_what_cannot_be_finished_is_refused_and_leaves_nothing(
    bench: Bench, upload: Upload, option: str, words: str
) -> None:
    interaction = await bench.alice.slash(bench.channel, "finish", picture=upload, **{"with": option})
    said = await bench.says(interaction, words)
    assert said.ephemeral
    assert bench.query("SELECT count(*) FROM jobs WHERE state <> 'cancelled'") == [(0,)]
    assert list((bench.data / "limner" / "pictures").iterdir()) == []


async def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(bench: Bench) -> None:
    bench.alice.upload_limit = 50 * 2**20
    upload = Upload("huge.png", SMALL + b"\0" * (10 * 2**20))
    interaction = await bench.alice.slash(bench.channel, "finish", picture=upload, **{"with": "enlarge"})
    said = await bench.says(interaction, "larger than 10 MiB")
    assert said.ephemeral
    assert interaction.acknowledged_after is not None


async def test_a_picture_must_be_given(bench: Bench) -> None:
    with pytest.raises(UserCannot):
        await bench.alice.slash(bench.channel, "finish", **{"with": "enlarge"})


async def _finish(bench: Bench, picture: Upload, finish: str, **options: str) -> Message:
    interaction = await bench.alice.slash(bench.channel, "finish", picture=picture, **{"with": finish}, **options)
    return await bench.result(await interaction.response())


async def _forged(bench: Bench, channel: object, like: Message, custom_id: str) -> Message:
    """A message with one button of any id, as if the bot had sent it."""
    message = await bench.bob.send(channel, "forged")  # type: ignore[arg-type]
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 2}
    message.components, message.author = [{"type": 1, "id": 1, "components": [button]}], like.author
    return message


def _link(bench: Bench, message: Message) -> str:
    return f"https://discord.com/channels/{bench.guild.id}/{bench.channel.id}/{message.id}"


def _job(bench: Bench, number: int) -> str:
    return str(bench.query(f"SELECT id FROM jobs WHERE number = {number}")[0][0])
