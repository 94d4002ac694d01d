"""How the bot leaves: it takes nothing new, lets the running job finish in time, and delivers what is rendered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import Final

from .house import House

log = logging.getLogger(__name__)

#: Seconds for delivering; what is not in Discord by then is delivered after the next start.
DELIVERY_SECONDS: Final = 10.0
_TICK: Final = 0.1


async def leave(house: House) -> None:
    """Return once nothing is left to do, or when the time is up: then the running job is done again later."""
    house.gate.leave()
    seconds = house.settings.queue.drain_seconds
    if house.dispatcher.at_work is not None:
        log.info("the running job has %.0f s to finish", seconds)
    if await _within(seconds, house.dispatcher.idle()):
        await _within(DELIVERY_SECONDS, _delivered(house))


async def _delivered(house: House) -> None:
    while await house.ledger.untold():
        await asyncio.sleep(_TICK)


async def _within(seconds: float, something: Awaitable[None]) -> bool:
    """Wait for it; whether it came in time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(something, seconds)
        return True
    return False
