"""Asks the worker what a request would be and cost, which it answers while it draws something else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Final

from pydantic import BaseModel

from limner_sdk import Request
from limner_sdk.messages import GridWish, Plan, Planned

#: Seconds; large grids with pictures that are read from a slow disk take the longest.
PATIENCE: Final = 15.0


class NoAnswer(Exception):
    """There is no worker, or it has not answered in time, or ended before it could."""


class Planner:
    """Matches the worker's answers to the questions; `send` tells the worker something, if there is one."""

    def __init__(self, send: Callable[[BaseModel], None]) -> None:
        self._send = send
        self._numbers = count(1)
        self._open: dict[int, asyncio.Future[Planned]] = {}

    async def plan(self, request: Request, grid: GridWish | None = None, patience: float = PATIENCE) -> Planned:
        """What `request`, or a grid of it, would be, or its problem. Raises `NoAnswer`."""
        number = next(self._numbers)
        answer = self._open[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(Plan(number=number, request=request, grid=grid))
            return await asyncio.wait_for(answer, patience)
        except TimeoutError:
            raise NoAnswer from None
        finally:
            del self._open[number]

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
