"""The real bot with one piece replaced, so that a harness can show that it would notice: `broken_bot.py NAME`.

No such switch exists in the bot itself. A piece that is called otherwise some day ends this program at once.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import discord

from limner_bot.delivering import doors
from limner_bot.delivering.outbox import Outbox
from limner_bot.queue.records import Order
from limner_bot.queue.store import Store
from limner_bot.working.dispatcher import Dispatcher


def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put something else in the place of a piece that must be there."""
    setattr(owner, name, make(getattr(owner, name)))


def no_nonce() -> None:
    """New messages carry no nonce of ours, and nobody looks whether they were posted already."""

    async def nothing(channel: Any, *_: Any) -> AsyncIterator[discord.Message]:
        messages: tuple[discord.Message, ...] = ()
        for message in messages:
            yield message

    def sending(send: Any) -> Any:
        async def anew(self: Any, *arguments: Any, nonce: Any = None, **options: Any) -> Any:
            return await send(self, *arguments, **options)

        return anew

    replaced(doors, "_recent", lambda _: nothing)
    replaced(discord.abc.Messageable, "send", sending)


def no_fence() -> None:
    """Answers of an earlier attempt count as those of this one."""

    def hearing(running: Any) -> Any:
        def any_attempt(self: Any, message: Any) -> Any:
            forged = (message.model_copy(update={"attempt": attempt}) for attempt in range(1, 11))
            return next(filter(None, (running(self, said) for said in forged)), None)

        return any_attempt

    replaced(Dispatcher, "_running", hearing)


def no_resume() -> None:
    """What ran when the bot died goes on running for ever."""

    async def resume(self: Store) -> int:
        return 0

    replaced(Store, "resume", lambda _: resume)


def no_wake() -> None:
    """After a start the outbox waits for news before it looks for the first time."""

    def running(run: Any) -> Any:
        async def late(self: Any) -> None:
            await self._news.wait()
            await run(self)

        return late

    replaced(Outbox, "run", running)


def no_unique() -> None:
    """An interaction that arrives twice counts as two."""
    seen: set[int] = set()

    def adding(add: Any) -> Any:
        async def always(self: Store, order: Order, *more: Order, **options: Any) -> Any:
            number = order.origin.interaction_id
            if number in seen:
                order = replace(order, origin=replace(order.origin, interaction_id=number + 1))
            seen.add(number)
            return await add(self, order, *more, **options)

        return always

    replaced(Store, "add", adding)


BREAKS = {break_.__name__: break_ for break_ in (no_nonce, no_fence, no_resume, no_wake, no_unique)}


if __name__ == "__main__":
    from limner_bot.main import command

    BREAKS[sys.argv[1]]()
    sys.exit(command([]))
