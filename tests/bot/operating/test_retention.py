"""Old pictures' files: which ones go, which ones never, and that nothing is promised that is not there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bot.operating.rows import DAY, add_image, add_job

from limner_bot.operating.retention import Kept, Swept, surplus, sweep
from limner_bot.operating.sections import KeepSection
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.database import Database

NOW = 100 * DAY
OLD = KeepSection(pictures_days=10)


def kept(name: str, days: float, size: int = 100, needed: bool = False) -> Kept:
    """A file that is so many days old."""
    return Kept("job", name, name, size, NOW - days * DAY, needed)


def names(files: list[Kept]) -> list[str]:
    return [file.file for file in files]


def test_what_is_too_old_goes_oldest_first() -> None:
    files = [kept("new", 1), kept("old", 11), kept("older", 12), kept("limit", 10)]
    assert names(surplus(files, OLD, NOW)) == ["older", "old"]


def test_beyond_the_gigabytes_the_oldest_go_until_the_rest_fits() -> None:
    files = [kept("c", 1, 400_000_000), kept("a", 3, 400_000_000), kept("b", 2, 400_000_000)]
    assert names(surplus(files, KeepSection(pictures_gigabytes=1), NOW)) == ["a"]


def test_what_is_needed_stays_and_others_make_room_for_it() -> None:
    files = [kept("favourite", 99, 10**9, needed=True), kept("a", 3), kept("b", 2)]
    assert names(surplus(files, KeepSection(pictures_gigabytes=1), NOW)) == ["a", "b"]


def test_without_limits_nothing_goes() -> None:
    assert surplus([kept("a", 10_000)], KeepSection(), NOW) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10**9), st.booleans())), st.integers(1, 30))
def test_whatever_there_is_needed_ones_stay_and_the_rest_fits(
    given_files: list[tuple[int, int, bool]], days: int
) -> None:
    files = [kept(str(number), *file) for number, file in enumerate(given_files)]
    policy = KeepSection(pictures_days=days, pictures_gigabytes=2)
    gone = surplus(files, policy, NOW)
    left = [file for file in files if file not in gone]
    assert not any(file.needed for file in gone)
    assert all(file.needed or file.made >= NOW - days * DAY for file in left)
    free = [file for file in left if not file.needed]
    assert not free or sum(file.bytes for file in left) <= 2 * 10**9


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "pictures")


def put(shelf: Shelf, job: str, *files: str) -> None:
    """Files of a job."""
    (shelf.root / job).mkdir(parents=True, exist_ok=True)
    for file in files:
        (shelf.root / job / file).write_bytes(b"pixels")


def picture(db: sqlite3.Connection, job: str, state: str = "delivered", **more: object) -> None:
    """An old job with a picture that has its id."""
    add_job(db, job, state, grid="grid.webp", **more)
    add_image(db, job, f"image-{job}", "1.png")


async def test_files_of_old_jobs_go_and_their_recipes_stay(database: Database, shelf: Shelf) -> None:
    def rows(db: sqlite3.Connection) -> None:
        picture(db, "old")
        picture(db, "new", finished=NOW)

    await database.write(rows)
    put(shelf, "old", "1.png", "grid.webp")
    put(shelf, "new", "1.png", "grid.webp")
    assert await sweep(database, shelf, OLD, NOW) == Swept(2, 12)
    assert sorted(path.parent.name for path in shelf.root.glob("*/*")) == ["new", "new"]
    found = await database.rows("SELECT id, gone, recipe FROM images ORDER BY id")
    assert [tuple(row) for row in found] == [("image-new", None, "{}"), ("image-old", NOW, "{}")]
    assert await sweep(database, shelf, OLD, NOW) == Swept(0, 0)


async def test_favourites_unfinished_jobs_and_what_they_are_made_from_stay(database: Database, shelf: Shelf) -> None:
    def rows(db: sqlite3.Connection) -> None:
        for job in ("liked", "source", "free"):
            picture(db, job)
        picture(db, "untold", "rendered")
        add_job(db, "waits", "queued", source_id="image-source")
        db.execute("INSERT INTO favourites (user_id, image_id, since) VALUES (2, 'image-liked', 0)")

    await database.write(rows)
    for job in ("liked", "source", "free", "untold"):
        put(shelf, job, "1.png", "grid.webp")
    assert (await sweep(database, shelf, OLD, NOW)).files == 2
    assert sorted(path.name for path in shelf.root.iterdir()) == ["liked", "source", "untold"]
    gone = await database.rows("SELECT id FROM images WHERE gone IS NOT NULL")
    assert [row["id"] for row in gone] == ["image-free"]


async def test_a_sweep_that_was_cut_short_is_ended_by_the_next(database: Database, shelf: Shelf) -> None:
    await database.write(lambda db: picture(db, "old"))
    await database.write(lambda db: db.execute("UPDATE images SET gone = 5").rowcount)
    put(shelf, "old", "1.png")
    assert (await sweep(database, shelf, OLD, NOW)).files == 1
    assert not (shelf.root / "old").exists()
    assert (await database.rows("SELECT gone FROM images"))[0]["gone"] == 5


async def test_without_a_policy_nothing_is_even_looked_at(database: Database, tmp_path: Path) -> None:
    assert await sweep(database, Shelf(tmp_path / "nowhere"), KeepSection(), NOW) == Swept(0, 0)
