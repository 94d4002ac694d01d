"""Who may order what: bans, rules, limits and prices, decided before anything is queued, from memory alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import discord

from limner_sdk import Request

from .menu import Menu
from .records import Price
from .store import Room

Interaction = discord.Interaction[Any]
MOST_WAITING: Final = 10
MOST_WAITING_IN_ALL: Final = 2000


@dataclass(frozen=True)
class Admitted:
    """What may be queued: the request as the rules allow it, what it costs, and how much room there is."""

    request: Request
    price: Price
    room: Room


@dataclass(frozen=True)
class Admission:
    """Decides."""

    menu: Menu

    def admit(self, interaction: Interaction, request: Request) -> Admitted:
        """Let a request in. Raises `Refusal` or `InvalidRequest`, which say why not."""
        return Admitted(request, self.price(request), Room(MOST_WAITING, MOST_WAITING_IN_ALL))

    def price(self, request: Request) -> Price:
        """What a request costs."""
        return Price(model=request.model or "")
