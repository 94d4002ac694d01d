"""Proposals: several jobs, or a grid, that somebody is asked about before they are queued, with what they will cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import discord
from discord import ButtonStyle
from pydantic import BaseModel, ConfigDict

from limner_bot.delivering import texts
from limner_bot.delivering.posts import Press, view_of
from limner_bot.desk import Desk
from limner_bot.queue.records import Kind, Order
from limner_bot.queue.room import Room
from limner_bot.talking.guard import words_for
from limner_bot.talking.harmless import LONGEST_MESSAGE, clipped, quoted
from limner_bot.words import Words
from limner_sdk import Request, Size
from limner_sdk.messages import GridWish, Planned

from .menu import Menu
from .wanted import Begun

Interaction = discord.Interaction[Any]
NOBODY: Final = discord.AllowedMentions.none()
#: What drafts of proposals are called.
KIND: Final = "jobs"
_LISTED: Final = 10


class Proposal(BaseModel):
    """What waits for a yes: the requests, and what was typed for them, so that it can be changed.

    A `grid` has one request and what the host has `planned` of it. `begun` is the picture that was attached. `tried` is
    what was written into its form since, and refused.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    requests: tuple[Request, ...]
    text: str
    options: dict[str, Any] = {}
    private: bool = False
    begun: Begun | None = None
    grid: GridWish | None = None
    planned: Planned | None = None
    tried: dict[str, str] = {}

    @property
    def payload(self) -> dict[str, Any]:
        """What stands in the draft."""
        return self.model_dump(mode="json", exclude_none=True)


@dataclass(frozen=True)
class Offer:
    """The orders of a proposal, and the room that there is for them."""

    orders: Sequence[Order]
    room: Room

    @property
    def seconds(self) -> float:
        """What it will take on the GPU."""
        return sum(order.price.seconds for order in self.orders)


def offer(interaction: Interaction, desk: Desk, menu: Menu, proposal: Proposal) -> Offer:
    """The jobs as they can be ordered now. Raises `Refusal` or `InvalidRequest`."""
    kind: Kind = "grid" if proposal.grid else "imagine"
    wish = proposal.grid.model_dump_json(exclude_none=True) if proposal.grid else ""
    made = [
        desk.order(interaction, kind, menu.known(request), private=proposal.private, wish=wish)
        for request in proposal.requests
    ]
    orders = [order for order, _ in made]
    if proposal.planned is not None:
        price = desk.admission.admit_grid(interaction, orders[0].request, proposal.planned)
        orders = [replace(orders[0], price=price)]
    return Offer(orders, made[-1][1])


async def present(interaction: Interaction, proposal: Proposal, offered: Offer, draft: str) -> None:
    """Ask whether it shall be, in the private message that was promised."""
    words = words_for(interaction)
    content = clipped("\n".join(_lines(words, proposal, offered)), LONGEST_MESSAGE)
    view = view_of(_presses(words, draft))
    await interaction.edit_original_response(content=content, view=view, allowed_mentions=NOBODY)


def _lines(words: Words, proposal: Proposal, offered: Offer) -> list[str]:
    time = texts.duration(words, offered.seconds)
    if (plan := proposal.planned) is not None:
        sheet = str(Size(plan.sheet_width, plan.sheet_height))
        about = {"cells": plan.cells, "pictures": plan.pictures, "evaluations": plan.evaluations}
        return [words("confirm-grid", **about, time=time, sheet=sheet), quoted(proposal.requests[0].prompt)]
    pictures = sum(request.count or 1 for request in proposal.requests)
    first = words("confirm-jobs", jobs=len(proposal.requests), pictures=pictures, time=time)
    listed = [f"{place}. {quoted(each.prompt, 120)}" for place, each in enumerate(proposal.requests[:_LISTED], 1)]
    more = len(proposal.requests) - len(listed)
    return [first, *listed, *([words("confirm-more", count=more)] if more else [])]


def _presses(words: Words, draft: str) -> tuple[Press, ...]:
    return (
        Press(words("button-run"), "jr", (draft,), style=ButtonStyle.success),
        Press(words("button-edit"), "je", (draft,)),
        Press(words("button-cancel"), "jn", (draft,), style=ButtonStyle.danger),
    )
