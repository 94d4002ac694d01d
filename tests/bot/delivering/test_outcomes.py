"""What a message says in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bot.orders import order, result
from tests.bot.stub_host import catalogue

from limner_bot.asking.menu import Menu
from limner_bot.asking.shortcuts import Shortcut
from limner_bot.delivering.outcomes import Outcomes
from limner_bot.delivering.parcels import Packer
from limner_bot.delivering.posts import Pick, Post, result_presses, single_presses
from limner_bot.pictures.darkroom import Darkroom
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Job
from limner_bot.queue.store import Store
from limner_bot.words import Dictionary
from limner_bot.words.language import words_in
from limner_sdk import Choice, Finished, PictureReference, Stage

ENGLISH = words_in("en")


def outcomes(database: Database, folder: Path) -> Outcomes:
    """The builder; nothing here reaches the darkroom."""
    return Outcomes(Ledger(database), Packer(Shelf(folder), Darkroom()), Menu(catalogue()), Dictionary())


@pytest.fixture
async def job(database: Database, tmp_path: Path) -> Job:
    store = Store(database)
    await store.add(order())
    job = await store.start_next()
    assert job is not None
    await store.rendered(job, result(4))
    (tmp_path / job.id).mkdir()
    (tmp_path / job.id / "grid.png").write_bytes(b"x" * 1000)
    rendered = await Ledger(database).job(job.id)
    assert rendered is not None
    return rendered


async def test_a_grid_has_its_file_its_buttons_and_its_notices(database: Database, tmp_path: Path, job: Job) -> None:
    post = await outcomes(database, tmp_path).of(job, job.size_limit)
    assert [len(file.data) for file in post.files] == [1000]
    assert [press.label for press in post.presses if press.row == 0] == ["U1", "U2", "U3", "U4", "Re-roll"]
    assert "A notice." in post.content


async def test_a_file_that_is_too_large_is_said_to_be(database: Database, tmp_path: Path, job: Job) -> None:
    post = await outcomes(database, tmp_path).of(job, 999)
    assert post.files == ()
    assert post.presses
    assert "this place takes" in post.content


async def test_a_file_that_is_gone_is_said_to_be(database: Database, tmp_path: Path, job: Job) -> None:
    (tmp_path / job.id / "grid.png").unlink()
    post = await outcomes(database, tmp_path).of(job, job.size_limit)
    assert "is missing" in post.content


async def test_two_views_of_one_post_share_nothing(database: Database, tmp_path: Path, job: Job) -> None:
    post = await outcomes(database, tmp_path).of(job, job.size_limit)
    first, second = post.view(), post.view()
    assert first is not None
    assert second is not None
    assert first is not second
    assert first.timeout is None
    assert not {id(item) for item in first.children} & {id(item) for item in second.children}


async def test_ten_post_processors_fill_two_rows_below_a_single_picture(database: Database, job: Job) -> None:
    (image, *_) = await Ledger(database).images(job.id)
    many = [Shortcut(Choice(name=f"stub:{k}"), f"{k}" + "x" * 200) for k in range(10)]
    presses = single_presses(ENGLISH, image, many)
    assert [press.row for press in presses] == [*[0] * 5, *[1] * 5, *[2] * 5]
    view = Post("x", (), presses).view()
    assert view is not None
    assert len(view.to_components()) == 3
    labels = [child["label"] for row in view.to_components()[1:] for child in row["components"]]
    assert {len(label) for label in labels} == {80}


async def test_a_grid_has_no_post_processors_and_one_picture_has(database: Database, tmp_path: Path, job: Job) -> None:
    images = await Ledger(database).images(job.id)
    shortcuts = Menu(catalogue()).buttons()
    assert "Shine" not in {press.label for press in result_presses(ENGLISH, images, shortcuts)}
    assert "Shine" in {press.label for press in result_presses(ENGLISH, images[:1], shortcuts)}


async def test_below_a_picture_that_was_enlarged_alone_there_is_no_reroll(database: Database, job: Job) -> None:
    (image, *_) = await Ledger(database).images(job.id)
    finished = Finished(image=PictureReference(digest="1" * 64))
    recipe = image.recipe.model_copy(update={"finished": finished, "postprocess": (Stage(id="finishing:upscale"),)})
    assert [press.verb for press in single_presses(ENGLISH, replace(image, recipe=recipe))] == ["f"]


async def test_why_a_job_failed_is_said_in_the_language_of_the_person(database: Database, tmp_path: Path) -> None:
    store, asked = Store(database), order()
    await store.add(replace(asked, origin=replace(asked.origin, locale="zh-CN", personal="de")))
    job = await store.start_next()
    assert job is not None
    await store.fail(job, "job-accident")
    failed = await Ledger(database).job(job.id)
    assert failed is not None
    post = await outcomes(database, tmp_path).of(failed, 0)
    assert post.private
    assert "Das hat nicht geklappt" in post.content


async def test_a_sheet_can_be_made_private_and_deleted_below_its_cells(
    database: Database, tmp_path: Path, job: Job
) -> None:
    sheet = replace(job, kind="grid", wish='{"x": "steps=1, 2, 3, 4"}')
    cells, whole = (await outcomes(database, tmp_path).of(sheet, job.size_limit)).presses
    assert isinstance(cells, Pick)
    assert isinstance(whole, Pick)
    assert [option.value for option in whole.options] == [f"k:{job.id}", f"d:{job.id}"]
    assert (len(cells.options), whole.row, whole.verb) == (4, 1, "m")
