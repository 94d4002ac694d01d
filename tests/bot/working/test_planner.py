"""Questions to the worker about what a request would be, and whose answer is whose."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.bot.bench import STUB_HOST
from tests.bot.working.test_worker import until

from limner_bot.working.planner import NoAnswer, Planner
from limner_bot.working.worker import Patience, Worker
from limner_sdk import Request
from limner_sdk.messages import FromHost, GridWish, Plan, Planned

REQUEST = Request(prompt="a circle")


async def test_answers_find_their_questions_in_any_order() -> None:
    asked: list[Any] = []
    planner = Planner(asked.append)
    tasks = [asyncio.create_task(planner.plan(REQUEST)) for _ in range(3)]
    await until(lambda: len(asked) == 3)
    for plan in reversed(asked):
        assert isinstance(plan, Plan)
        planner.hear(Planned(number=plan.number, evaluations=10 * plan.number))
    assert [planned.evaluations for planned in await asyncio.gather(*tasks)] == [10, 20, 30]
    planner.hear(Planned(number=1))


async def test_silence_and_death_are_no_answer() -> None:
    planner = Planner(lambda message: None)
    with pytest.raises(NoAnswer):
        await planner.plan(REQUEST, patience=0.01)
    task = asyncio.create_task(planner.plan(REQUEST))
    await asyncio.sleep(0)
    planner.lost()
    with pytest.raises(NoAnswer):
        await task


async def test_a_worker_answers_for_a_grid() -> None:
    async def hear(message: FromHost) -> None:
        if isinstance(message, Planned):
            planner.hear(message)

    async def lost() -> None:
        planner.lost()

    worker = Worker(STUB_HOST, Patience(20, 20), hear, lost)
    planner = Planner(worker.send)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.ready)
    planned = await planner.plan(REQUEST, GridWish(x="steps=1, 2, 3", y="cfg=1, 4"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (planned.cells, planned.problem) == (6, "")
