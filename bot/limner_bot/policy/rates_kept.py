"""How fast each model is, learned from every job, in memory and in the database."""

from __future__ import annotations

import logging
from typing import Final

from limner_bot.queue.costs import Rate, Rates
from limner_sdk import DiskFull

from .audit import Audit, Step

log = logging.getLogger(__name__)

_PUT: Final = (
    "INSERT INTO rates (model, rate, samples) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET rate = excluded.rate, samples = excluded.samples"
)


class RatesKept:
    """The newest rates; what the disk does not take is known until the bot ends."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self.rates = Rates({})

    async def load(self) -> None:
        """Read all of them."""
        rows = await self._audit.database.rows("SELECT model, rate, samples FROM rates")
        self.rates = Rates({row["model"]: Rate(row["rate"], row["samples"]) for row in rows})

    async def learn(self, work: float, model: str, seconds: float, *, beside: float | None = None) -> None:
        """A job of so much `work` has taken `seconds`, `beside` of them outside of sampling if that is known."""
        await self._keep(self.rates.learned(work, model, seconds, beside=beside))

    async def learn_load(self, seconds: float) -> None:
        """Loading a model has taken `seconds`."""
        await self._keep(self.rates.loaded(seconds))

    async def _keep(self, new: Rates) -> None:
        changed = {name: rate for name, rate in new.known.items() if self.rates.known.get(name) != rate}
        self.rates = new
        steps: list[Step] = [(_PUT, (name, rate.seconds, rate.samples)) for name, rate in changed.items()]
        try:
            await self._audit.carry_out(None, *steps)
        except DiskFull as error:
            log.warning("what was learned about speed is not kept: %s", error.__cause__ or error)
