"""Results on their way: made to fit, without metadata or behind a veil where a server wants it, and never for ever."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.bot.bench import Bench
from tests.bot.hall import Hall, opened_hall
from tests.bot.orders import order, result
from tests.bot.stub_host import catalogue

from limner_bot.asking.menu import Menu
from limner_bot.delivering import outbox as outboxes
from limner_bot.delivering.doors import TokenRevoked
from limner_bot.delivering.outbox import Outbox
from limner_bot.delivering.outcomes import Outcomes
from limner_bot.delivering.parcels import Manner, Packer, Unfit
from limner_bot.delivering.posts import Post, Press
from limner_bot.pictures.darkroom import Darkroom
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store
from limner_bot.words import Dictionary

DEAD = ("/nonexistent/darkroom",)
LIMIT = 60_000


def noise(folder: Path) -> Path:
    """A PNG of about 270 KB that tells how it was made."""
    folder.mkdir(exist_ok=True)
    told = PngInfo()
    told.add_text("parameters", "a red fox\nSteps: 5, Seed: 7")
    Image.frombytes("RGB", (300, 300), os.urandom(270_000)).save(folder / "1.png", pnginfo=told)
    return folder / "1.png"


async def test_a_file_is_sent_as_it_is_or_made_to_fit_or_stripped(tmp_path: Path) -> None:
    file = noise(tmp_path / "job")
    async with Darkroom() as room:
        packer = Packer(Shelf(tmp_path), room)
        whole = await packer.pack("job", "1.png", "limner-x", 2**20)
        assert (whole.upload.name, whole.upload.data, whole.changed) == ("limner-x.png", file.read_bytes(), False)
        small = await packer.pack("job", "1.png", "limner-x", LIMIT)
        assert len(small.upload.data) <= LIMIT
        assert small.changed
        assert small.upload.name == "limner-x.webp"
        bare = await packer.pack("job", "1.png", "limner-x", 2**20, metadata=False)
        assert not bare.changed
        with Image.open(BytesIO(bare.upload.data)) as image, Image.open(file) as original:
            assert image.tobytes() == original.tobytes()
            assert "parameters" in original.info
            assert "parameters" not in image.info
        with pytest.raises(Unfit):
            await packer.pack("job", "1.png", "limner-x", 0)
    assert [path.name for path in file.parent.iterdir()] == ["1.png"]


@pytest.fixture
async def job(database: Database, tmp_path: Path) -> Job:
    """One rendered picture, which is there."""
    store = Store(database)
    await store.add(order())
    job = await store.start_next()
    assert job is not None
    made = result(1)
    await store.rendered(job, made.model_copy(update={"grid": "1.png"}))
    noise(tmp_path / job.id)
    rendered = await Ledger(database).job(job.id)
    assert rendered is not None
    return rendered


def builder(database: Database, folder: Path, room: Darkroom, **manner: bool) -> Outcomes:
    """Outcomes in a place with these manners."""
    packer = Packer(Shelf(folder), room)
    return Outcomes(Ledger(database), packer, Menu(catalogue()), Dictionary(), lambda _: Manner(**manner))


def verbs(post: Post) -> list[str]:
    return [press.verb for press in post.presses if isinstance(press, Press)]


async def test_what_was_made_smaller_says_so_and_offers_the_original(
    database: Database, tmp_path: Path, job: Job
) -> None:
    async with Darkroom() as room:
        post = await builder(database, tmp_path, room).of(job, LIMIT)
        assert [file.name for file in post.files] == [f"limner-{job.id}.webp"]
        assert "Shown as WebP with a slight loss" in post.content
        assert "the original is kept" in post.content
        assert verbs(post)[-1] == "o"
        assert post.view() is not None
        whole = await builder(database, tmp_path, room).of(job, 2**20)
        assert "Shown" not in whole.content
        assert "o" not in verbs(whole)


@pytest.mark.parametrize(("most_bytes", "metadata"), [(LIMIT, True), (2**20, False)])
async def test_a_dead_darkroom_loses_no_result_and_leaks_nothing(
    database: Database, tmp_path: Path, job: Job, most_bytes: int, metadata: bool
) -> None:
    async with Darkroom(DEAD) as room:
        post = await builder(database, tmp_path, room, metadata=metadata).of(job, most_bytes)
    assert post.files == ()
    assert "kept" in post.content
    assert verbs(post)[-1] == "o"


async def test_a_message_stays_within_discords_limit_whatever_is_added(
    database: Database, tmp_path: Path, job: Job
) -> None:
    long = replace(job, notices=("word " * 100,) * 5)
    async with Darkroom(DEAD) as room:
        post = await builder(database, tmp_path, room).of(long, LIMIT)
    assert len(post.content) <= 2000
    assert post.content.endswith("kept.")


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    async with opened_hall() as opened:
        yield opened


def an_outbox(hall: Hall, database: Database, outcomes: Any) -> Outbox:
    """A real one, whose board and pings have nothing to do."""

    async def nothing(*_: Any) -> None: ...

    idle: Any = SimpleNamespace(close=nothing, after=nothing)
    return Outbox(Store(database), Ledger(database), outcomes, hall.doors, idle, idle)


async def rendered(hall: Hall, database: Database) -> Job:
    """A job of somebody in the hall, in the database, too old for its token."""
    asked, _ = await hall.asked()
    made = order()
    origin = replace(made.origin, user_id=asked.user_id, guild_id=asked.guild_id, channel_id=asked.channel_id)
    await Store(database).add(replace(made, kind="single", origin=replace(origin, token_expires=0.0)))
    (job,) = await Ledger(database).jobs("rendered")
    return job


async def test_what_can_never_be_shown_is_a_sentence_after_three_tries(
    hall: Hall, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "PAUSE", 0.01)
    tries = 0

    class Poisoned(Outcomes):
        async def of(self, job: Job, most_bytes: int) -> Post:
            nonlocal tries
            tries += 1
            raise ValueError("poison")

    job = await rendered(hall, database)
    poisoned: Any = Poisoned
    outbox = an_outbox(hall, database, poisoned(Ledger(database), None, Menu(catalogue()), Dictionary()))
    running = asyncio.create_task(outbox.run())
    await hall.discord.wait_until(lambda: "/history does" in hall.channel.messages[-1].content)
    while await Ledger(database).untold():
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert tries == 3
    assert hall.channel.messages[-1].pinged == {hall.alice.id}
    done = await Ledger(database).job(job.id)
    assert done is not None
    assert done.state == "delivered"


async def test_a_revoked_token_ends_the_outbox_with_one_sentence(hall: Hall, database: Database) -> None:
    await rendered(hall, database)
    outcomes = SimpleNamespace(of=_plainly, dictionary=Dictionary())
    hall.discord.world.reset_token()
    with pytest.raises(TokenRevoked, match="make a new one"):
        await asyncio.wait_for(an_outbox(hall, database, outcomes).run(), 10)
    hall.forgiven(0)


async def _plainly(_job: Job, _most_bytes: int) -> Post:
    return Post("here")


async def test_a_servers_rules_hide_pictures_outside_of_age_restricted_channels(bench: Bench) -> None:
    await bench.stop()
    with sqlite3.connect(bench.data / "limner" / "limner.sqlite3") as connection:
        rules = '{"spoiler": "outside", "metadata": false}'
        connection.execute("INSERT INTO rules (guild_id, rules) VALUES (?, ?)", (int(bench.guild.id), rules))
    connection.close()
    adult = bench.guild.add_channel("adult", nsfw=True)
    await bench.start()
    message = await bench.imagine("a slow circle", count=1)
    names = {file.filename for version in message.history for file in version.files}
    assert "SPOILER_preview.jpg" in names
    assert all(name.startswith("SPOILER_") for name in names)
    interaction = await bench.alice.slash(adult, "imagine", prompt="a circle", count=1)
    shown = await bench.result(await interaction.response())
    assert [file.filename[:7] for file in shown.files] == ["limner-"]
    left = {path.name for path in (bench.data / "limner" / "pictures").glob("*/*")}
    assert left == {"1.png"}
