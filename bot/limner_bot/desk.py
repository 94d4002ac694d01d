"""The front desk: acknowledges, checks rights, queues, cancels. Every command, button and form ends up here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
import discord

from limner_bot.delivering.board import Board
from limner_bot.delivering.doors import Arrivals, Closed
from limner_bot.delivering.outbox import Outbox
from limner_bot.operating.metrics import Metrics
from limner_bot.operating.space import Space
from limner_bot.pictures.shelf import Shelf
from limner_bot.queue.identity import new_id
from limner_bot.queue.ledger import Ledger
from limner_bot.queue.limits import OverLimit
from limner_bot.queue.records import Image, Kind, Order, Origin
from limner_bot.queue.room import NoRoom, Room
from limner_bot.queue.store import Store
from limner_bot.talking.access import only_by_token, require_reach, require_room_to_work
from limner_bot.talking.guard import UNKNOWN_INTERACTION, Refusal, words_for, words_here
from limner_bot.working.dispatcher import Dispatcher
from limner_sdk import Request

from .admission import Admission, over
from .provenance import Provenance

log = logging.getLogger(__name__)
Interaction = discord.Interaction[Any]

TOKEN_SECONDS: Final = 15 * 60
#: The last request by a token starts at least this much before it ends.
TOKEN_MARGIN: Final = 15
#: Jobs of buttons, which say how many pictures there will be.
_OFFERED: Final = ("variations", "reroll", "outpaint", "inpaint")


@dataclass(frozen=True)
class Acknowledged:
    """Discord's answer to our first answer: the message that will hold the result, if known, and if it still counts."""

    message_id: int | None
    accepted: bool


@dataclass(frozen=True)
class Desk:
    """Serves interactions."""

    store: Store
    ledger: Ledger
    shelf: Shelf
    board: Board
    outbox: Outbox
    dispatcher: Dispatcher
    arrivals: Arrivals
    admission: Admission
    space: Space
    metrics: Metrics

    async def source(self, interaction: Interaction, image: str) -> Image:
        """A picture by its id, for somebody who may use it here. Raises `Refusal`."""
        require_room_to_work(interaction)
        return await self.reached(interaction, image)

    async def reached(self, interaction: Interaction, image: str) -> Image:
        """A picture that was made or posted again here, or by this person, for what posts nothing. Raises `Refusal`."""
        found = await self.ledger.image(image)
        job = await self.ledger.job(found.job_id) if found else None
        if found and job and (job.private or job.channel_id != interaction.channel_id):
            if await self.ledger.posted_in(image, interaction.channel_id):
                return found
        return require_reach(interaction, found, job)

    def order(
        self,
        interaction: Interaction,
        kind: Kind,
        request: Request,
        source: Image | None = None,
        *,
        private: bool = False,
        wish: str = "",
        part: int = 0,
    ) -> tuple[Order, Room]:
        """A job to be, and the room there is for it. Raises `Refusal`, `InvalidRequest` or `DiskFull`."""
        if kind != "single":
            self.dispatcher.require_open()
        self.space.require()
        if kind in _OFFERED:
            request = self.admission.offered(interaction, request)
        admitted = self.admission.admit(interaction, request, wish, draws=kind != "single")
        origin = origin_of(interaction, private)
        order = Order(
            new_id(), kind, origin, admitted.request, source.id if source else None, part, wish, admitted.price
        )
        return order, admitted.room

    async def take(
        self,
        interaction: Interaction,
        kind: Kind,
        request: Request,
        source: Image | None = None,
        *,
        private: bool = False,
        wish: str = "",
        record: Image | None = None,
    ) -> None:
        """Queue one job that is complete, and then acknowledge: what Discord shows as taken is never lost.

        `record` is the picture whose recipe tells how others' pictures may be used, if that is not the `source`.
        """
        order, room = self.order(interaction, kind, request, source, private=private, wish=wish)
        await self._provenance.require(interaction, order, record or source)
        with self.arrivals.expecting(order.id):
            if not await self._is_new(interaction, self.store.add(order, room=room)):
                return
            with self.metrics.acknowledged.time():
                answer = await acknowledge(interaction, private=private)
            if not answer.accepted:
                await self.store.withdraw(order.id)
                return
            if answer.message_id is not None:
                await self.store.place(order.id, answer.message_id)
        await self.announce(order)

    async def take_arriving(
        self, interaction: Interaction, order: Order, room: Room, prepare: Callable[[Order], Awaitable[Order]]
    ) -> None:
        """Queue a job whose pictures must be fetched first, and acknowledge before that, as it may take long.

        `prepare` fetches them and completes the order. If it raises, the person is told and nothing stays; if the bot
        dies meanwhile, the next one says so in the same place.
        """
        with self.arrivals.expecting(order.id):
            if not await self._is_new(interaction, self.store.add(order, room=room, arriving=True)):
                return
            answer = await acknowledge(interaction, private=order.origin.private)
            if answer.message_id is not None:
                await self.store.place(order.id, answer.message_id)
        is_queued = False
        try:
            if answer.accepted:
                prepared = self._readmitted(interaction, await prepare(order))
                await self._require_pictures(interaction, prepared)
                is_queued = await self.store.arrived(prepared)
        finally:
            if not is_queued:
                await self.store.withdraw(order.id)
                await asyncio.to_thread(self.shelf.clear, [order.id], {})
        if is_queued:
            await self.announce(order)

    async def add(self, interaction: Interaction, order: Order, room: Room, answer: Acknowledged) -> bool:
        """Queue a job after its interaction was acknowledged; whether that is news. Raises `Refusal`."""
        if not await self._is_new(interaction, self.store.add(order, room=room)):
            return False
        if answer.message_id is not None:
            await self.store.place(order.id, answer.message_id)
        await self.announce(order)
        return True

    @property
    def _provenance(self) -> Provenance:
        return Provenance(self.ledger, self.shelf)

    async def _require_pictures(self, interaction: Interaction, order: Order) -> None:
        source = await self.ledger.image(order.source_id) if order.source_id else None
        await self._provenance.require(interaction, order, source)

    def _readmitted(self, interaction: Interaction, order: Order) -> Order:
        """An order by what its pictures say, which may be more than was asked for, and as the rules are by now."""
        admitted = self.admission.admit(interaction, order.request, order.wish)
        return replace(order, request=admitted.request, price=admitted.price)

    async def take_many(
        self,
        interaction: Interaction,
        orders: Sequence[Order],
        room: Room,
        draft: str,
        queued: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        """Queue all jobs that a draft is about, once; each gets a message of its own. Raises `Refusal`.

        The interaction must have been acknowledged; its own message stays what it is, so parts count from 1. `queued`
        is called as soon as they are, as Discord takes its time for many messages.
        """
        for order in orders:
            await self._require_pictures(interaction, order)
        parts = [replace(order, part=part) for part, order in enumerate(orders, start=1)]
        with ExitStack() as stack:
            # Whoever is quick waits until the message that is about to be made is known.
            held = [stack.enter_context(ExitStack()) for _ in parts]
            for hold, order in zip(held, parts, strict=True):
                hold.enter_context(self.arrivals.expecting(order.id))
            if not await self._is_new(interaction, self.store.add(*parts, draft=draft, room=room)):
                return False
            if queued is not None:
                await queued()
            for hold, order in zip(held, parts, strict=True):
                await self._open(order)
                hold.close()
                await self.announce(order)
        return True

    async def _open(self, order: Order) -> None:
        job = await self.ledger.job(order.id)
        if job is None:
            return
        try:
            await self.store.place(order.id, (await self.board.open(job)).message_id)
        except (discord.HTTPException, aiohttp.ClientError, OSError, Closed) as error:
            # Its result will find a way of its own.
            log.warning("job %s has no message yet: %s", order.id, error)

    async def announce(self, order: Order) -> None:
        """Tell everybody who should know that a job is queued."""
        if order.kind == "single":
            self.outbox.wake()
            return
        self.dispatcher.wake()
        job = await self.ledger.job(order.id)
        if job is not None and job.state == "queued":
            await self.board.show_place(job)

    async def cancel_job(self, job: str, by: int) -> str:
        """Stop a job; the name of the sentence that says how that went."""
        outcome = await self.store.cancel(job, by)
        self.dispatcher.cancel(job)
        self.outbox.wake()
        return {"cancelled": "cancel-done", "cancelling": "cancel-soon", "over": "cancel-late"}[outcome]

    async def _is_new(self, interaction: Interaction, adding: Any) -> bool:
        try:
            is_new = bool(await adding)
        except NoRoom as error:
            refusal = Refusal.of("too-many-waiting", most=error.most) if error.person else Refusal.of("host-full")
            raise refusal from None
        except OverLimit as error:
            raise over(error, time.time()) from None
        if not is_new:
            log.info("interaction %d has arrived twice", interaction.id)
        return is_new


async def acknowledge(interaction: Interaction, *, private: bool = False) -> Acknowledged:
    """Say that the answer will come."""
    try:
        answer = await interaction.response.defer(thinking=True, ephemeral=private)
    except discord.HTTPException as error:
        log.warning("interaction %d was not acknowledged: %s", interaction.id, error)
        # Acknowledged already: by an earlier try of this one whose reply was lost, or it is a copy.
        return Acknowledged(None, error.code != UNKNOWN_INTERACTION)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.warning("whether interaction %d was acknowledged is unknown: %s", interaction.id, error)
        return Acknowledged(None, True)
    return Acknowledged(answer.message_id if answer else None, True)


def origin_of(interaction: Interaction, private: bool) -> Origin:
    """Who asks, where, and how their answer is reached."""
    personal = words_for(interaction)
    words = personal if private else words_here(interaction)
    return Origin(
        user_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        interaction_id=interaction.id,
        token=interaction.token,
        token_expires=interaction.created_at.timestamp() + TOKEN_SECONDS - TOKEN_MARGIN,
        size_limit=interaction.filesize_limit,
        locale=words.language,
        personal=personal.language,
        private=private,
        by_token=only_by_token(interaction),
    )
