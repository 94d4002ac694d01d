"""Waiting: a pulse that beats at every change, so that tests need not sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Pulse:
    """Wakes everybody who waits whenever something they might be waiting for has changed."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def beat(self) -> None:
        """Tell all waiters to look again."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, look: Callable[[], Found | None], timeout: float, what: str) -> Found:
        """Return the first true result of `look`; raise TimeoutError naming `what` otherwise."""
        try:
            async with asyncio.timeout(timeout):
                while not (found := look()):
                    await self._next_beat()
                return found
        except TimeoutError:
            raise TimeoutError(f"waited {timeout:g} s for {what}") from None

    async def _next_beat(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
