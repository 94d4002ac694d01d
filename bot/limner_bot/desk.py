"""The front desk: acknowledges, checks rights, queues, cancels. Commands and buttons end up here."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import discord

from limner_sdk import DiskFull, Request

from . import texts
from .access import require_owner, require_reach, require_room_to_work
from .board import Board
from .dispatcher import Dispatcher
from .doors import Arrivals
from .guard import UNKNOWN_INTERACTION, Refusal
from .history import HistoryPages
from .identity import new_id
from .ledger import Direction, Ledger
from .menu import Menu, reroll_of, variations_of
from .outbox import Outbox
from .records import Image, Kind, Order, Origin
from .shelf import Shelf
from .store import Store
from .uploads import check_upload, fetch

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

TOKEN_SECONDS: Final = 15 * 60
#: The last request by a token starts at least this much before it ends.
TOKEN_MARGIN: Final = 15


@dataclass(frozen=True)
class Desk:
    """Serves interactions."""

    store: Store
    ledger: Ledger
    shelf: Shelf
    menu: Menu
    board: Board
    outbox: Outbox
    dispatcher: Dispatcher
    arrivals: Arrivals
    pages: HistoryPages

    async def imagine(self, interaction: Interaction, values: Mapping[str, Any]) -> None:
        """A new prompt. What is checked before the first answer asks nobody and takes no time."""
        require_room_to_work(interaction)
        await self._order(interaction, "imagine", self.menu.request(values))

    async def variations(self, interaction: Interaction, image: str) -> None:
        """Four pictures close to one."""
        source = await self._source(interaction, image)
        await self._order(interaction, "variations", self.menu.known(variations_of(source.recipe)), source)

    async def reroll(self, interaction: Interaction, image: str, count: int) -> None:
        """The same with a fresh seed."""
        source = await self._source(interaction, image)
        await self._order(interaction, "reroll", self.menu.known(reroll_of(source.recipe, count)), source)

    async def single(self, interaction: Interaction, image: str) -> None:
        """One picture of a grid at full size; its file is there already."""
        source = await self._source(interaction, image)
        await self._order(interaction, "single", source.recipe.as_request(), source)

    async def finish(self, interaction: Interaction, image: str, name: str) -> None:
        """A post-processor, by full id, on a picture that was made here."""
        source = await self._source(interaction, image)
        path = self.shelf.path(source.job_id, source.file)
        request = self.menu.finish_of(source.recipe, str(path), name)
        if request is None:
            raise Refusal(texts.not_offered(name))
        if not await asyncio.to_thread(path.is_file):
            raise Refusal(texts.FILE_MISSING)
        await self._order(interaction, "finish", request, source)

    async def finish_upload(
        self, interaction: Interaction, picture: discord.Attachment, values: Mapping[str, Any]
    ) -> None:
        """Post-processors on a picture that somebody attaches, fetched after the first answer, which cannot wait."""
        require_room_to_work(interaction)
        check_upload(picture)
        order = Order(new_id(), "finish", _origin(interaction), self.menu.finishing(values))
        message_id, accepted = await _acknowledge(interaction)
        if accepted and await self._add_upload(order, picture):
            if message_id is not None:
                await self.store.place(order.id, message_id)
            await self._announce(order)

    async def _add_upload(self, order: Order, picture: discord.Attachment) -> bool:
        """Keep the picture, then queue the job; whether that is news. Nothing stays of what was not queued."""
        data, ending = await fetch(picture)
        is_new = False
        try:
            file = await asyncio.to_thread(_kept, self.shelf, order.id, data, ending)
            made_here = await self.ledger.image_of(hashlib.sha256(data).hexdigest())
            request = self.menu.finishing_file(order.request, str(file), made_here.recipe if made_here else None)
            is_new = await self.store.add(replace(order, request=request))
        finally:
            if not is_new:
                await asyncio.to_thread(self.shelf.clear, [order.id], {})
        return is_new

    async def cancel(self, interaction: Interaction, job: str) -> None:
        """Stop a job that waits or runs."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.ledger.job(job)
        if found is None:
            raise Refusal(texts.UNKNOWN_JOB)
        require_owner(interaction, found)
        await interaction.edit_original_response(content=await self.cancel_job(job, interaction.user.id))

    async def cancel_job(self, job: str, by: int) -> str:
        """Stop a job; the sentence that says how that went."""
        outcome = await self.store.cancel(job, by)
        self.dispatcher.cancel(job)
        self.outbox.wake()
        return {"cancelled": texts.CANCELLED, "cancelling": texts.CANCELLING, "over": texts.TOO_LATE}[outcome]

    async def turn_page(self, interaction: Interaction, direction: Direction, anchor: int) -> None:
        """Another page of the clicking person's history."""
        await self.pages.turn(interaction, direction, anchor)

    async def _source(self, interaction: Interaction, image: str) -> Image:
        require_room_to_work(interaction)
        found = await self.ledger.image(image)
        job = await self.ledger.job(found.job_id) if found else None
        return require_reach(interaction, found, job)

    async def _order(self, interaction: Interaction, kind: Kind, request: Request, source: Image | None = None) -> None:
        order = Order(new_id(), kind, _origin(interaction), request, source.id if source else None)
        # Written while Discord answers: neither waits for the other, and killed in between, neither is lost.
        with self.arrivals.expecting(order.id):
            adding = asyncio.create_task(self.store.add(order))
            message_id, accepted = await _acknowledge(interaction)
            is_new = await adding
            if not is_new:
                log.info("interaction %d has arrived twice", interaction.id)
                return
            if not accepted:
                await self.store.withdraw(order.id)
                return
            if message_id is not None:
                await self.store.place(order.id, message_id)
        await self._announce(order)

    async def _announce(self, order: Order) -> None:
        if order.kind == "single":
            self.outbox.wake()
            return
        self.dispatcher.wake()
        job = await self.ledger.job(order.id)
        if job is not None and job.state == "queued":
            await self.board.show_place(job)


def _kept(shelf: Shelf, job: str, data: bytes, ending: str) -> Path:
    try:
        return shelf.keep(job, data, ending)
    except OSError as error:
        raise DiskFull(f"what was uploaded cannot be kept: {error}") from error


async def _acknowledge(interaction: Interaction) -> tuple[int | None, bool]:
    """The id of the message that will hold the answer, if known; and whether Discord still takes an answer."""
    try:
        answer = await interaction.response.defer(thinking=True)
    except discord.HTTPException as error:
        log.warning("interaction %d was not acknowledged: %s", interaction.id, error)
        # Acknowledged already: by an earlier try of this one whose reply was lost, or it is a copy.
        return None, error.code != UNKNOWN_INTERACTION
    except (OSError, TimeoutError) as error:
        log.warning("whether interaction %d was acknowledged is unknown: %s", interaction.id, error)
        return None, True
    return (answer.message_id if answer else None), True


def _origin(interaction: Interaction) -> Origin:
    return Origin(
        user_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        interaction_id=interaction.id,
        token=interaction.token,
        token_expires=interaction.created_at.timestamp() + TOKEN_SECONDS - TOKEN_MARGIN,
        size_limit=interaction.filesize_limit,
    )
