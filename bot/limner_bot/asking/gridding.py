"""From what somebody types after /grid to a proposal: the host is asked what the grid would be, and draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

from limner_bot.house import House
from limner_bot.talking.guard import Refusal
from limner_bot.working.planner import NoAnswer
from limner_sdk import UserError
from limner_sdk.messages import GridWish

from .asked import Asked
from .proposals import Proposal

Interaction = discord.Interaction[Any]


def asked_grid(interaction: Interaction, house: House, text: str, options: Mapping[str, Any]) -> Asked:
    """What the cells have in common: one picture each, where nobody says more. Raises `InvalidRequest`."""
    defaults = house.desk.admission.defaults(interaction) | {"count": 1}
    return Asked.of(text, options, defaults, most=1)


async def planned_grid(
    interaction: Interaction, house: House, text: str, options: Mapping[str, Any], wish: GridWish
) -> Proposal:
    """The grid and what the host says of it. Raises `InvalidRequest`, `Refusal`, or the host's own sentence."""
    proposal = asked_grid(interaction, house, text, options).proposal(house.menu)
    request = house.desk.order(interaction, "grid", proposal.requests[0], wish=wish.model_dump_json())[0].request
    try:
        planned = await house.dispatcher.planner.plan(request, wish)
    except NoAnswer:
        raise Refusal.of("grid-no-answer") from None
    if planned.problem:
        raise UserError(planned.problem)
    return proposal.model_copy(update={"grid": wish, "planned": planned})
