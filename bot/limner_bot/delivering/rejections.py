"""Requests that Discord has refused lately: it shuts out an address that makes too many of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import aiohttp

log = logging.getLogger(__name__)

#: Discord counts 10,000 answers of these kinds in ten minutes; limits that others share do not count.
_COUNTED: Final = frozenset({401, 403, 429})
_SHARED: Final = "shared"
WINDOW: Final = 600.0
#: From so many on, what nobody waits for is left undone, and each further result waits until there are fewer.
MANY: Final = 500
TOO_MANY: Final = 900
_PAUSE: Final = 5.0


class Rejections:
    """Counts what Discord refuses. `now` is in seconds, on a clock that only goes forward."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._moments: deque[float] = deque()

    @property
    def count(self) -> int:
        """How many there were in ten minutes."""
        while self._moments and self._moments[0] < self._now() - WINDOW:
            self._moments.popleft()
        return len(self._moments)

    def note(self, status: int, scope: str = "") -> None:
        """Discord has answered with this status; `scope` says whose limit was exceeded."""
        if status in _COUNTED and scope != _SHARED:
            self._moments.append(self._now())

    async def calm(self, most: int) -> None:
        """Wait until there are fewer than `most`."""
        if self.count >= most:
            log.error("Discord has refused %d requests in ten minutes; results wait until it is fewer", self.count)
        while self.count >= most:
            await asyncio.sleep(_PAUSE)

    def trace(self) -> aiohttp.TraceConfig:
        """Notes every answer of an HTTP session."""

        async def ended(_session: Any, _context: Any, params: aiohttp.TraceRequestEndParams) -> None:
            self.note(params.response.status, params.response.headers.get("X-RateLimit-Scope", ""))

        config = aiohttp.TraceConfig()
        config.on_request_end.append(ended)
        return config
