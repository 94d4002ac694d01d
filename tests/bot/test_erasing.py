"""What a forgotten person leaves behind: nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from limner_bot.erasing import Erasing, Wish
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.database import Database
from limner_bot.queue.drafts import Drafts


async def test_pictures_of_open_questions_go_with_their_person(database: Database, tmp_path: Path) -> None:
    shelf, drafts = Shelf(tmp_path / "pictures"), Drafts(database, lambda: 10.0)
    for user, before in ((1, "mine"), (2, "theirs")):
        interaction: Any = SimpleNamespace(user=SimpleNamespace(id=user), guild_id=9, channel_id=5)
        await drafts.make(interaction, "confirm", {}, id=before)
        shelf.keep(before, b"a picture", ".png")
    house: Any = SimpleNamespace(database=database, shelf=shelf)
    nobody: Any = None
    await Erasing(house, nobody).go_on(Wish(1, 20.0))
    assert [path.name for path in shelf.root.iterdir()] == ["theirs"]
    assert await drafts.ids() == {"theirs"}
