"""Virtual time, the real clock plus what tests have advanced, and the ids made from it."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000
SEQUENCE_BITS = 22


class Clock:
    """Seconds since 1970, shifted by everything that tests have advanced."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Return the virtual time in seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once; tokens, links, nonces and buckets age by as much."""
        self._offset += seconds


class Snowflakes:
    """Discord ids: unique, growing, and carrying the moment they were made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sequence = itertools.count()

    def next(self) -> str:
        """Return a fresh id as the wire carries it, a string of digits."""
        elapsed_ms = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        return str((elapsed_ms << SEQUENCE_BITS) | (next(self._sequence) % (1 << SEQUENCE_BITS)))


def iso(seconds: float) -> str:
    """Write a time the way Discord does, ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
