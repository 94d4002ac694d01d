"""What observers are told while a picture is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class StageStarted:
    """A stage (``sample``) begins, done by a definition (``samplers:euler``) or by the host itself (an empty text)."""

    job: str
    stage: str
    definition: str


@dataclass(frozen=True)
class StageFinished:
    """A stage is over; `seconds` is the time on the clock that it took."""

    job: str
    stage: str
    definition: str
    seconds: float


@dataclass(frozen=True)
class StageRefused:
    """A stage that the request called optional has failed and was skipped."""

    job: str
    stage: str
    definition: str
    reason: str


Event: TypeAlias = StageStarted | StageFinished | StageRefused
