"""Pictures that people have brought go with the last picture that was made from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bot.orders import order, recipe

from limner_bot.queue.database import Database
from limner_bot.queue.store import Store
from limner_bot.spares import Spares
from limner_sdk import PictureReference, Request
from limner_sdk.messages import Picture, Result

BROUGHT = "b" * 64


async def _made(database: Database, brought: str = BROUGHT) -> str:
    store, one = Store(database), order()
    await store.add(one)
    job = await store.start_next()
    assert job is not None
    said = recipe().model_copy(update={"image": PictureReference(digest=brought)})
    picture = Picture(file="1.png", width=64, height=64, digest="d" * 64, recipe=said)
    assert await store.rendered(job, Result(pictures=(picture,), grid="1.png"))
    return one.id


def _inputs(root: Path) -> Path:
    folder = root / "inputs"
    folder.mkdir()
    for name in (BROUGHT, "c" * 64):
        (folder / name).write_bytes(b"a picture")
    return folder


@pytest.mark.parametrize("act", ["DELETE FROM images", "UPDATE images SET gone = 1"])
async def test_what_was_brought_goes_with_the_last_picture_made_from_it(
    database: Database, tmp_path: Path, act: str
) -> None:
    jobs, spares = [await _made(database) for _ in range(2)], Spares(database, _inputs(tmp_path))
    for job, left in zip(jobs, ([BROUGHT, "c" * 64], ["c" * 64]), strict=True):
        await database.write(lambda db, job=job: db.execute(f"{act} WHERE job_id = ?", (job,)).rowcount)
        assert await spares.go_on()
        assert sorted(path.name for path in (tmp_path / "inputs").iterdir()) == left
        assert not await spares.go_on()


async def test_what_a_waiting_job_begins_with_stays(database: Database, tmp_path: Path) -> None:
    await _made(database)
    waiting = replace(order(), request=Request(prompt="a", image=f"sha256:{BROUGHT}"))
    await Store(database).add(waiting)
    await database.write(lambda db: db.execute("DELETE FROM images").rowcount)
    await Spares(database, _inputs(tmp_path)).go_on()
    assert (tmp_path / "inputs" / BROUGHT).exists()
