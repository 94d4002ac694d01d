"""What is learned about speed from a job that is done, and what that says of the next one."""

from __future__ import annotations

from typing import Final

from limner_bot.policy.rates_kept import RatesKept
from limner_bot.queue.costs import MOST_SECONDS, Rates
from limner_bot.queue.records import Job
from limner_sdk import Request
from limner_sdk.messages import Result

#: The rate of jobs that only finish a picture: nobody knows their work beforehand, so each counts as 1.
FINISHING: Final = "*finish"
#: Stages that call the network.
_SAMPLING: Final = ("sample", "invert")
#: Time that a prediction of the drawing leaves out.
_APART: Final = ("load", "post-process")
#: Seconds from which on a loading was one, and not a look into the memory.
_LEAST_LOADING: Final = 0.5


def predicted(rates: Rates, work: float, model: str) -> float | None:
    """Seconds that a job will take by what was measured; None if nothing like it was."""
    name, amount = (model, work) if work > 0 else (FINISHING, 1.0)
    return rates.predicted(amount, name) if name in rates.known else None


def foreseen(rates: Rates, request: Request, work: float, model: str) -> float:
    """GPU seconds that a job is priced at: what was measured, or what is usual, and each picture's post-processing.

    That takes as long as that of a finished picture, beside which nothing is drawn.
    """
    if request.finished is not None:
        known = predicted(rates, 0.0, "")
        return rates.predicted(0.0, "") if known is None else known
    drawing = rates.predicted(work, model)
    each = rates.known.get(FINISHING) if request.postprocess else None
    return min(MOST_SECONDS, drawing + (each.seconds * (request.count or 1) if each else 0.0))


async def learn(kept: RatesKept, job: Job, result: Result, seconds: float) -> None:
    """A job has taken `seconds`."""
    told = result.seconds
    if (loading := told.get("load", 0.0)) >= _LEAST_LOADING:
        await kept.learn_load(loading)
    if job.work <= 0 or not job.model:
        await kept.learn(1.0, FINISHING, seconds - told.get("load", 0.0))
        return
    sampling = sum(told.get(stage, 0.0) for stage in _SAMPLING)
    drawing = seconds - sum(told.get(stage, 0.0) for stage in _APART)
    # What post-processors draw is part of the measured work, but not of their time on the network.
    work = job.work if told.get("post-process") else result.work
    await kept.learn(work, job.model, drawing, beside=drawing - sampling)
