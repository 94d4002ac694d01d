"""Too little room on the disk: nothing new is accepted, and a reserve lets the rest be finished."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.bot.operating.rows import settings_of

from limner_bot.operating.space import MEGABYTE, RESERVE_BYTES, Space, _look
from limner_sdk import DiskFull


@dataclass(frozen=True)
class Disk(Space):
    """A disk that has as much room as a test says."""

    room: int = 10**12

    @property
    def free(self) -> int:
        return self.room


def test_below_the_limit_no_job_is_accepted(tmp_path: Path) -> None:
    Space.of(settings_of(tmp_path)).require()
    with pytest.raises(DiskFull, match="less than 1000000000 MB are free"):
        Space.of(settings_of(tmp_path, LIMNER_KEEP_FREE_MEGABYTES="1e9")).require()
    Disk(tmp_path, 0, room=0).require()


def test_the_reserve_is_saved_up_and_spent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    plenty, low, full = (Disk(tmp_path, 500 * MEGABYTE, room) for room in (10**12, 10**8, 10**6))
    assert not _look(plenty, was_low=False)
    assert plenty.reserve.stat().st_size == RESERVE_BYTES
    with caplog.at_level(logging.ERROR):
        assert _look(low, was_low=False)
        assert plenty.reserve.exists()
        assert _look(full, was_low=True)
    assert not plenty.reserve.exists()
    assert "no job is accepted" in caplog.text
    assert "the reserve is spent" in caplog.text
    assert not _look(plenty, was_low=True)
    assert plenty.reserve.exists()
