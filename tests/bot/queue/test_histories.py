"""Histories on a real database: whose pictures they hold, what is found in them, and how long that takes."""

from __future__ import annotations

import sqlite3
import time

import pytest
from tests.bot.orders import order, recipe, result

from limner_bot.queue.database import Database
from limner_bot.queue.histories import Histories, Search, escaped
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store

LAST = 10**15


async def _made(database: Database, user: int, prompt: str = "a circle") -> Job:
    """A delivered job of two pictures."""
    store = Store(database)
    await store.add(order(user))
    job = await store.start_next()
    assert job is not None
    await store.rendered(job, result())
    await store.delivered(job, 77, 5)
    sql = "UPDATE images SET prompt = ? WHERE job_id = ?"
    await database.write(lambda db: db.execute(sql, (prompt, job.id)).rowcount)
    return job


async def test_a_page_holds_ones_own_pictures_newest_first(database: Database) -> None:
    for user in (1, 2, 1):
        await _made(database, user)
    histories = Histories(database)
    page = await histories.page(1, Search(), "older", LAST, 3)
    assert [entry.image.number for entry in page.entries] == [6, 5, 2]
    assert (page.has_newer, page.has_older) == (False, True)
    back = await histories.page(1, Search(), "newer", 2, 3)
    assert [entry.image.number for entry in back.entries] == [6, 5]
    assert (await histories.page(3, Search(), "older", LAST, 3)).entries == ()


@pytest.mark.parametrize(
    ("words", "found"), [("WOOL 100%", 2), ("wool%wool", 0), ("_", 0), ("' OR 1 --", 0), ("\\", 0)]
)
async def test_words_are_looked_for_as_they_are(database: Database, words: str, found: int) -> None:
    await _made(database, 1, "100% fine Wool")
    await _made(database, 1, "100 wolves")
    page = await Histories(database).page(1, Search(words), "older", LAST, 9)
    assert len(page.entries) == found


async def test_what_was_deleted_is_gone_and_what_was_swept_away_is_told(database: Database) -> None:
    swept, deleted = await _made(database, 1), await _made(database, 1)
    await database.write(lambda db: db.execute("UPDATE images SET gone = 1.0").rowcount)
    forget = "UPDATE jobs SET message_id = NULL WHERE id = ?"
    await database.write(lambda db: db.execute(forget, (deleted.id,)).rowcount)
    page = await Histories(database).page(1, Search(), "older", LAST, 9)
    assert {entry.job.id for entry in page.entries} == {swept.id}


async def test_anothers_picture_is_seen_as_a_favourite_and_never_if_it_is_private(database: Database) -> None:
    histories, job = Histories(database), await _made(database, 2)
    image = (await histories.page(2, Search(), "older", LAST, 1)).entries[0].image.id
    assert await histories.entry(1, image) is None
    sql = "INSERT INTO favourites (user_id, image_id, since) VALUES (1, ?, 0)"
    await database.write(lambda db: db.execute(sql, (image,)).rowcount)
    entry = await histories.entry(1, image)
    assert entry is not None
    assert entry.favourite
    hide = "UPDATE jobs SET private = 1 WHERE id = ?"
    await database.write(lambda db: db.execute(hide, (job.id,)).rowcount)
    assert await histories.entry(1, image) is None
    assert (await histories.page(1, Search(favourites=True), "older", LAST, 9)).entries == ()


async def test_a_page_of_ten_thousand_pictures_comes_at_once(database: Database) -> None:
    job, text = await _made(database, 1), recipe("a castle on a hill, " * 20).model_dump_json()
    columns = "id, job_id, position, file, width, height, digest, recipe, prompt"

    def fill(db: sqlite3.Connection) -> None:
        rows = ((f"i{k}", job.id, k + 9, "a.png", 64, 64, "d", text, f"castle {k}") for k in range(10_000))
        db.executemany(f"INSERT INTO images ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    await database.write(fill)
    for search in (Search(), Search("castle 99"), Search(model="no:such")):
        begun = time.perf_counter()
        await Histories(database).page(1, search, "older", LAST, 9)
        assert time.perf_counter() - begun < 0.1


def test_nothing_in_a_word_is_a_wildcard() -> None:
    assert escaped("100%_\\") == "100\\%\\_\\\\"
