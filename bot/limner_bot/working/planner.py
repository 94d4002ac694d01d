"""Asks the worker what a request would be and cost, which it answers while it draws something else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from itertools import count
from typing import Final

from pydantic import BaseModel

from limner_sdk import Request
from limner_sdk.messages import GridWish, Plan, Planned

#: Seconds; large grids with pictures that are read from a slow disk take the longest.
PATIENCE: Final = 15.0
_PAUSE: Final = 0.2


class NoAnswer(Exception):
    """There is no worker, or it has not answered in time, or ended before it could."""


class Planner:
    """Matches the worker's answers to the questions; `send` tells the worker something, or raises `NoAnswer`."""

    def __init__(self, send: Callable[[BaseModel], None]) -> None:
        self._send = send
        self._numbers = count(1)
        self._open: dict[int, asyncio.Future[Planned]] = {}

    async def plan(self, request: Request, grid: GridWish | None = None, patience: float = PATIENCE) -> Planned:
        """What `request`, or a grid of it, would be, or its problem; a worker that starts is waited for.

        Raises `NoAnswer`.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Planned] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            async with asyncio.timeout(patience):
                await self._sent(Plan(number=number, request=request, grid=grid))
                return await answer
        except TimeoutError:
            raise NoAnswer from None
        finally:
            del self._open[number]

    async def _sent(self, plan: Plan) -> None:
        while True:
            with contextlib.suppress(NoAnswer):
                return self._send(plan)
            await asyncio.sleep(_PAUSE)

    def hear(self, planned: Planned) -> None:
        """The worker has answered; nobody may be waiting for it any more."""
        answer = self._open.get(planned.number)
        if answer is not None and not answer.done():
            answer.set_result(planned)

    def lost(self) -> None:
        """The worker is dead."""
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(NoAnswer())
