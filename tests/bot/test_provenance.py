"""Whose pictures a request may begin with."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.bot.orders import order, recipe

from limner_bot.pictures.shelf import Shelf
from limner_bot.provenance import Provenance
from limner_bot.queue.database import Database
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.records import Image
from limner_bot.queue.store import Store
from limner_bot.talking.guard import Refusal
from limner_sdk import Finished, PictureReference, Request
from limner_sdk.messages import Picture, Result
from limner_sdk.settings import PictureStart

BROUGHT, MADE = "b" * 64, "d" * 64
ALICE, BOB = 1, 2


async def _made(database: Database, request: Request, *, private: bool = False, **changes: Any) -> Image:
    """Alice's picture, whose file has the SHA-256 `MADE`."""
    store, one = Store(database), order(ALICE)
    one = replace(one, request=request, origin=replace(one.origin, private=private))
    await store.add(one)
    job = await store.start_next()
    assert job is not None
    said = recipe().model_copy(update=changes)
    picture = Picture(file="1.png", width=64, height=64, digest=MADE, recipe=said)
    assert await store.rendered(job, Result(pictures=(picture,), grid="1.png"))
    return (await Ledger(database).images(one.id))[0]


def _require(database: Database, user: int, record: Image | None, **asked: Any) -> Any:
    interaction: Any = SimpleNamespace(user=SimpleNamespace(id=user), channel_id=5)
    wanted = replace(order(user), request=Request(prompt="a circle", **asked))
    return Provenance(Ledger(database), Shelf(Path("/pictures"))).require(interaction, wanted, record)


@pytest.mark.parametrize(
    ("user", "asked", "is_fine"),
    [
        (ALICE, {"start": PictureStart(denoise=0.01)}, True),
        (BOB, {"start": PictureStart(denoise=0.9)}, True),
        (BOB, {"start": PictureStart(denoise=0.01)}, False),
        (BOB, {"start": PictureStart(denoise=0.9), "finished": f"sha256:{BROUGHT}"}, False),
    ],
)
async def test_what_somebody_has_brought_is_used_by_others_as_it_was_only(
    database: Database, user: int, asked: dict[str, Any], is_fine: bool
) -> None:
    start, kept = PictureStart(denoise=0.9), PictureReference(digest=BROUGHT)
    image = await _made(database, Request(prompt="a", image="/pictures/a/upload.png"), image=kept, start=start)
    with nullcontext() if is_fine else pytest.raises(Refusal):
        await _require(database, user, image, **{"image": kept.name, **asked})


async def test_a_forged_recipe_brings_nobody_what_others_have_brought(database: Database) -> None:
    kept = PictureReference(digest=BROUGHT)
    await _made(database, Request(prompt="a", image="/pictures/a/upload.png"), image=kept)
    with pytest.raises(Refusal):
        await _require(database, BOB, None, image=kept.name)


async def test_going_on_with_what_others_have_brought_makes_nobody_its_owner(database: Database) -> None:
    kept = PictureReference(digest=BROUGHT)
    image = await _made(database, Request(prompt="a", image=kept.name), image=kept)
    with pytest.raises(Refusal):
        await _require(database, ALICE, image, image=kept.name, start=PictureStart(denoise=0.01))


@pytest.mark.parametrize("by_path", [False, True])
async def test_a_picture_made_private_is_no_beginning_for_others(database: Database, by_path: bool) -> None:
    image = await _made(database, Request(prompt="a"), private=True)
    name = f"/pictures/{image.job_id}/1.png" if by_path else f"sha256:{MADE}"
    await _require(database, ALICE, None, finished=name)
    finished = Finished(image=PictureReference(digest=MADE))
    derived = replace(image, recipe=recipe().model_copy(update={"finished": finished}))
    with pytest.raises(Refusal):
        await _require(database, BOB, derived, finished=name)


async def test_a_picture_that_was_made_here_is_a_beginning_for_everybody(database: Database) -> None:
    await _made(database, Request(prompt="a"))
    await _require(database, BOB, None, finished=f"sha256:{MADE}")
