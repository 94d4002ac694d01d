"""Whether jobs are taken and started: operators close the gate to drain the bot, and it closes when the bot leaves."""

from __future__ import annotations

from typing import Final

from limner_bot.queue.ledger import Ledger
from limner_bot.queue.store import Store
from limner_bot.talking.guard import Refusal

_DRAINING: Final = "draining"


class Gate:
    """It is open, or closed until an operator opens it again, which a restart does not do by itself, or for good."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store, self._ledger = store, ledger
        self._draining = self._leaving = False

    async def load(self) -> None:
        """Know what was decided before the last restart."""
        self._draining = bool(await self._ledger.recall(_DRAINING))

    @property
    def is_open(self) -> bool:
        """Whether jobs are taken and started."""
        return not (self._draining or self._leaving)

    @property
    def draining(self) -> bool:
        """Whether an operator has closed it."""
        return self._draining

    @property
    def leaving(self) -> bool:
        """Whether the bot ends."""
        return self._leaving

    def require_open(self) -> None:
        """Raise `Refusal` while it is closed."""
        if not self.is_open:
            raise Refusal.of("not-accepting")

    async def drain(self, by: int) -> bool:
        """Take and start nothing more, even after a restart; whether that is news."""
        if self._draining:
            return False
        self._draining = True
        await self._store.remember(_DRAINING, str(by))
        return True

    async def undrain(self) -> bool:
        """Open it again; whether it was closed by an operator."""
        if not self._draining:
            return False
        await self._store.remember(_DRAINING, "")
        self._draining = False
        return True

    def leave(self) -> None:
        """The bot ends: take and start nothing more."""
        self._leaving = True
