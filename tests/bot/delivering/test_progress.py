"""Edits of a changing message: few, far apart, the latest wins, none after the end."""

from __future__ import annotations

import asyncio

from limner_bot.delivering.posts import Post
from limner_bot.delivering.progress import LiveMessage


async def test_the_latest_wins() -> None:
    seen: list[str] = []
    message = LiveMessage(_into(seen), spacing=0.05)
    for number in range(10):
        message.show(Post(str(number)))
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)
    await message.close()
    assert seen == ["0", "9"]


async def test_nothing_is_shown_after_the_end() -> None:
    seen: list[str] = []
    message = LiveMessage(_into(seen), spacing=10)
    message.show(Post("first"))
    await asyncio.sleep(0.01)
    message.show(Post("second"))
    await message.close()
    message.show(Post("third"))
    await asyncio.sleep(0.01)
    assert seen == ["first"]


async def test_the_end_waits_for_the_edit_under_way() -> None:
    seen: list[str] = []
    message = LiveMessage(_into(seen, delay=0.05), spacing=0.01)
    message.show(Post("first"))
    await asyncio.sleep(0.01)
    await message.close()
    assert seen == ["first"]


async def test_an_edit_that_fails_stops_nothing() -> None:
    seen: list[str] = []

    async def edit(post: Post) -> None:
        seen.append(post.content)
        raise OSError("no network")

    message = LiveMessage(edit, spacing=0.01)
    message.show(Post("first"))
    await asyncio.sleep(0.05)
    message.show(Post("second"))
    await asyncio.sleep(0.05)
    await message.close()
    assert seen == ["first", "second"]


def _into(seen: list[str], delay: float = 0.0):  # type: ignore[no-untyped-def]
    async def edit(post: Post) -> None:
        await asyncio.sleep(delay)
        seen.append(post.content)

    return edit
