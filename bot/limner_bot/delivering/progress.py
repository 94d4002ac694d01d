"""Messages that change while a job waits and runs: few edits, far apart, only the latest counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from .posts import Post, Upload

log = logging.getLogger(__name__)

#: Seconds between two edits of one message; Discord allows five in five seconds, and the result needs one of them.
SPACING: Final = 1.7

Edit = Callable[[Post], Awaitable[None]]


class LiveMessage:
    """One message. `show` never waits; what was not sent yet is replaced by what comes later."""

    def __init__(self, edit: Edit, spacing: float = SPACING) -> None:
        self._edit, self._spacing = edit, spacing
        self._latest: Post | None = None
        self.last_files: tuple[Upload, ...] = ()
        self._closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def show(self, post: Post) -> None:
        """Show this as soon as the spacing allows."""
        if self._closed.is_set():
            return
        self._latest, self.last_files = post, post.files
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Show nothing more. An edit under way is awaited: it must not arrive after the result."""
        self._latest = None
        self._closed.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while (post := self._latest) is not None:
            self._latest = None
            try:
                await self._edit(post)
            except Exception as error:
                # A picture of the way is worth no trouble; the result has a ladder of its own.
                log.info("an edit was lost: %s", error)
            await self._rest()
        self._task = None

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._closed.wait(), self._spacing)
        except TimeoutError:
            return
