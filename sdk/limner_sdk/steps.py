"""How many steps a pass schedules and runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .settings import Hires, PictureStart

#: Redrawing everything still leaves the first step of the schedule to the picture, as A1111 does.
_MOST_DENOISE: Final = 0.999

#: Exact steps of less than this would be planned in ever longer schedules.
_LEAST_SHARE: Final = 0.01


@dataclass(frozen=True)
class Steps:
    """`scheduled` levels are planned, and the last `run` of their steps are walked."""

    scheduled: int
    run: int


def steps_of(steps: int, start: PictureStart | None) -> Steps:
    """A1111's count: a picture that is redrawn by the share d walks int(d · steps) + 1 steps, none at 0.

    With `exact_steps`, so many are scheduled that `steps` of them are walked. Without a `start`, all are.
    """
    if start is None:
        return Steps(steps, steps)
    if start.denoise == 0:
        return Steps(steps, 0)
    share = min(start.denoise, _MOST_DENOISE)
    if start.exact_steps:
        return Steps(max(steps, int(steps / max(share, _LEAST_SHARE))), steps)
    return Steps(steps, int(share * steps) + 1)


def second_pass_start(hires: Hires) -> PictureStart:
    """The second pass is a redrawing of the enlarged first one."""
    return PictureStart(denoise=hires.denoise)
