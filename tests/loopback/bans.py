"""Invalid requests: too many answers of 401, 403 and 429 in ten minutes shut an address out for an hour."""

from __future__ import annotations

from collections import deque

from .clock import Clock

LIMIT, WINDOW_SECONDS, BAN_SECONDS = 10_000, 600.0, 3600.0
INVALID = {401, 403, 429}


class InvalidRequests:
    """Counts them on the virtual clock; `limit` is how many Discord bears."""

    def __init__(self, clock: Clock) -> None:
        self.limit = LIMIT
        self._clock = clock
        self._times: deque[float] = deque()
        self._banned_until = 0.0

    @property
    def count(self) -> int:
        """How many there were in the last ten minutes."""
        while self._times and self._times[0] < self._clock.now() - WINDOW_SECONDS:
            self._times.popleft()
        return len(self._times)

    @property
    def banned_for(self) -> float:
        """Seconds until the bot's address may call again; 0 if it may now."""
        return max(0.0, self._banned_until - self._clock.now())

    def note(self, status: int, scope: str = "user") -> bool:
        """Count an answer, but no 429 for a limit shared with others; is this the one that brings the ban?"""
        if status not in INVALID or (status == 429 and scope == "shared"):
            return False
        self._times.append(self._clock.now())
        if self.count < self.limit or self.banned_for:
            return False
        self._banned_until = self._clock.now() + BAN_SECONDS
        return True
