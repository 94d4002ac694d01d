"""The question before several jobs: once, for who was asked alone, with the bot killed in between."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.bot.bench import Bench, labels
from tests.bot.stub_host import png
from tests.loopback import Interaction, Message, Upload, UserCannot

from limner_sdk import Request


async def ask(bench: Bench, prompt: str, **options: Any) -> Message:
    """Ask for several jobs, and get the question."""
    interaction: Interaction = await bench.alice.slash(bench.channel, "imagine", prompt=prompt, **options)
    message = await bench.says(interaction, "This makes")
    assert message.ephemeral
    return message


def jobs(bench: Bench) -> int:
    """How many jobs there are."""
    return int(bench.query("SELECT count(*) FROM jobs")[0][0])


async def test_several_jobs_are_asked_about_and_run_after_a_restart_once(bench: Bench) -> None:
    message = await ask(bench, "a {red, green} cat --seed 7", repeat=2, count=2)
    assert "4 jobs (8 pictures, about 5 s of GPU time)" in message.content
    assert "1. `a red cat`" in message.content
    assert labels(message) == ["Run", "Edit", "Cancel"]
    assert jobs(bench) == 0
    await bench.restart()
    first = await bench.alice.impatient.press(message, "Run")
    second = await bench.alice.impatient.press(message, "Run")
    await bench.until(lambda: "4 jobs are queued" in message.content, "the answer")
    await bench.until(lambda: first.followups or second.followups or second.original, "the other answer")
    await bench.until(lambda: len(bench.results()) == 4, "four results")
    assert labels(message) == []
    assert jobs(bench) == 4
    seeds = [
        Request.model_validate_json(text).seed for (text,) in bench.query("SELECT request FROM jobs ORDER BY part")
    ]
    assert seeds == [7, 9, 7, 9]


async def test_nobody_else_presses_run_and_what_is_over_is_over(bench: Bench) -> None:
    message = await ask(bench, "a {red, green} cat")
    with pytest.raises(UserCannot):
        await bench.bob.press(message, "Run")
    for button in ("Run", "Edit", "Cancel"):
        stolen = await _stolen(bench, message)
        said = await bench.says(await bench.bob.press(stolen, button), "Only the person who asked")
        assert said.ephemeral
    await bench.alice.press(message, "Cancel")
    await bench.until(lambda: message.content == "Nothing was queued.", "the end")
    again = await bench.alice.press(await _stolen(bench, message, message.history[-2].components), "Run")
    await bench.says(again, "confirmed or cancelled already")
    assert jobs(bench) == 0


async def test_what_was_asked_for_can_be_changed(bench: Bench) -> None:
    message = await ask(bench, "a {red, green} cat", count=1)
    opened = await bench.alice.press(message, "Edit")
    await bench.restart()
    wrong = await bench.alice.submit_modal(opened, {"text": "a cat --steps 9999"})
    await bench.says(wrong, "is no whole number from 1 to 150")
    assert "`a red cat`" in message.content
    await bench.restart()
    opened = await bench.alice.press(message, "Edit")
    assert "'a cat --steps 9999'" in str(opened.modal)
    await bench.alice.submit_modal(opened, {"text": "{one, two, three} @everyone"})
    await bench.until(lambda: "3 jobs (3 pictures" in message.content, "the new question")
    await bench.alice.press(message, "Run")
    await bench.until(lambda: len(bench.results()) == 3, "three results")
    assert all(each.pinged <= {bench.alice.id} for each in bench.results())


async def test_each_job_gets_the_attached_picture_and_none_stays_of_what_is_cancelled(bench: Bench) -> None:
    data = png(64, 64, b"abc")
    pictures = bench.data / "limner" / "pictures"
    message = await ask(bench, "a {red, green} cat", image=Upload("a.png", data), mask=Upload("m.png", data), count=1)
    assert len(list(pictures.glob("*/*.png"))) == 2
    await bench.restart()
    await bench.alice.press(message, "Run")
    await bench.until(lambda: len(bench.results()) == 2, "two results")
    asked = [Request.model_validate_json(text) for (text,) in bench.query("SELECT request FROM jobs")]
    assert len({Path(each.image or "").parent for each in asked}) == 2
    assert all(Path(each.mask or "").name == "mask.png" for each in asked)
    assert {path.name for path in pictures.iterdir()} == {Path(each.image or "").parent.name for each in asked}
    other = await ask(bench, "a {red, green} dog", image=Upload("a.png", data))
    await bench.alice.press(other, "Cancel")
    await bench.until(lambda: len(list(pictures.iterdir())) == 2, "nothing but the jobs' folders")


async def test_a_question_that_is_too_old_is_over(bench: Bench) -> None:
    message = await ask(bench, "a {red, green} cat")
    await bench.kill()
    await asyncio.to_thread(_make_old, bench)
    await bench.start()
    await bench.says(await bench.alice.press(message, "Run"), "too old to be confirmed")
    assert jobs(bench) == 0


async def test_more_than_may_wait_are_refused_and_can_be_run_later(bench: Bench) -> None:
    bench.extra["LIMNER_QUEUE_MOST_PER_USER"] = "3"
    await bench.restart()
    await bench.admin.slash(bench.channel, "queue pause")
    message, other = await ask(bench, "{a,b}"), await ask(bench, "{a,b}")
    await bench.alice.press(message, "Run")
    await bench.until(lambda: "2 jobs are queued" in message.content, "the first two")
    await bench.says(await bench.alice.press(other, "Run"), "You may have 3 jobs waiting")
    assert jobs(bench) == 2
    assert labels(other) == ["Run", "Edit", "Cancel"]


async def test_private_ones_stay_private(bench: Bench) -> None:
    message = await ask(bench, "a {red, green} cat --private", count=1)
    run = await bench.alice.press(message, "Run")
    await bench.until(lambda: len([each for each in run.followups if each.attachments]) == 2, "two private results")
    assert all(each.ephemeral for each in run.followups)
    assert jobs(bench) == 2


def _make_old(bench: Bench) -> None:
    import sqlite3

    with sqlite3.connect(bench.data / "limner" / "limner.sqlite3") as db:
        db.execute("UPDATE drafts SET expires = 1")
    db.close()


async def _stolen(bench: Bench, message: Message, components: Any = None) -> Message:
    """A public message with the buttons of a private one."""
    forged = await bench.bob.send(bench.channel, "forged")
    forged.components, forged.author = components or message.components, message.author
    return forged
