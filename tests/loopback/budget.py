"""Starts of sessions: how many IDENTIFYs a day the bot has, and how quickly they may follow each other."""

from __future__ import annotations

from .clock import Clock
from .errors import Json

PER_DAY, DAY_SECONDS = 1000, 24 * 3600.0


class StartBudget:
    """Counts IDENTIFYs on the virtual clock; `pause` is the seconds between two, 5 on Discord."""

    def __init__(self, clock: Clock, pause: float) -> None:
        self.limit = PER_DAY
        self._clock = clock
        self.pause = pause
        self._starts: list[float] = []

    @property
    def used(self) -> int:
        """How many there were in the last day."""
        return len([start for start in self._starts if start > self._clock.now() - DAY_SECONDS])

    def spend(self) -> bool:
        """Count one; may it start a session now, or does it come too soon after the last?"""
        last = self._starts[-1] if self._starts else 0.0
        self._starts.append(self._clock.now())
        return self._starts[-1] - last >= self.pause

    @property
    def exceeded(self) -> bool:
        """Were there more than Discord allows? It then resets the token."""
        return self.used > self.limit

    def payload(self) -> Json:
        """Return the session_start_limit object of GET /gateway/bot."""
        oldest = self._starts[-self.used] if self.used else self._clock.now() - DAY_SECONDS
        left = max(0.0, oldest + DAY_SECONDS - self._clock.now())
        remaining = max(0, self.limit - self.used)
        return {"total": self.limit, "remaining": remaining, "reset_after": int(left * 1000), "max_concurrency": 1}
