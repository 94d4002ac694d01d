"""Rate limits: five requests in five seconds per bucket, fifty a second for the bot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .clock import Clock

WINDOW_SECONDS, PER_WINDOW = 5.0, 5
GLOBAL_PER_SECOND = 50


@dataclass
class Window:
    """Requests counted since the window opened."""

    opened_at: float
    used: int = 0


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the headers that tell the bot where it stands."""

    allowed: bool
    retry_after: float
    headers: dict[str, str]
    is_global: bool = False


class RateLimiter:
    """Counts requests per bucket on the virtual clock."""

    def __init__(self, clock: Clock) -> None:
        self.enabled = True
        self._clock = clock
        self._windows: dict[str, Window] = {}

    def take(self, bucket: str) -> Verdict:
        """Count one request against `bucket`."""
        window = self._window(bucket, WINDOW_SECONDS)
        window.used += 1
        left = max(0.0, window.opened_at + WINDOW_SECONDS - self._clock.now())
        headers = {
            "X-RateLimit-Limit": str(PER_WINDOW),
            "X-RateLimit-Remaining": str(max(0, PER_WINDOW - window.used)),
            "X-RateLimit-Reset": f"{window.opened_at + WINDOW_SECONDS:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(bucket.split(":")[0].encode()).hexdigest()[:32],
        }
        return Verdict(window.used <= PER_WINDOW or not self.enabled, left, headers)

    def take_global(self) -> Verdict:
        """Count one request of the bot token, whatever its route."""
        window = self._window("global", 1.0)
        window.used += 1
        left = max(0.0, window.opened_at + 1.0 - self._clock.now())
        allowed = window.used <= GLOBAL_PER_SECOND or not self.enabled
        return Verdict(allowed, left, {"X-RateLimit-Global": "true"}, is_global=True)

    def _window(self, bucket: str, seconds: float) -> Window:
        now = self._clock.now()
        window = self._windows.get(bucket)
        if window is None or now >= window.opened_at + seconds:
            window = self._windows[bucket] = Window(now)
        return window
